/** PGlite passes the contract, and survives what can become of its process, its thread and its folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger, StartError, systemClock } from '@clatter/runtime';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { databaseContract } from '../database.contract.ts';
import type { Database } from '../ports.ts';
import { openPglite } from './pglite-database.ts';
import { PgliteThread } from './pglite-thread.ts';
import { syncedOptions } from './synced-folder.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const open = (dir: string): Promise<Database> => openPglite(dir, { clock: systemClock, logger });
const SLOW_MS = 300_000;

let root: string;
/** A database as it is when it was just made: making one takes seconds. */
let made: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'clatter-auth-'));
  made = join(root, 'made');
  await (await open(made)).close();
}, SLOW_MS);
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;
const folder = (): string => join(root, `database-${folders++}`);
function copyOf(dir: string): string {
  const copy = folder();
  cpSync(dir, copy, { recursive: true });
  return copy;
}

databaseContract('PGlite', async () => {
  const lives: Database[] = [];
  let dir = copyOf(made);
  let database = await open(dir);
  lives.push(database);
  return {
    get database() {
      return database;
    },
    async restart() {
      await database.close();
      database = await open(dir);
      lives.push(database);
    },
    async crash() {
      dir = copyOf(dir);
      database = await open(dir);
      lives.push(database);
    },
    async end() {
      for (const life of lives) await life.close();
    },
  };
});

/** Opens the database of a folder and writes pairs of rows, each pair a transaction, whose number it prints when it is kept. */
const WRITER = `
  import { systemClock } from '@clatter/runtime';
  const { openPglite } = await import(process.argv[1]);
  const database = await openPglite(process.argv[2], { clock: systemClock, logger: console });
  await database.query('CREATE TABLE IF NOT EXISTS pairs (number bigint, half text)');
  const [{ next }] = await database.query('SELECT coalesce(max(number), 0) + 1 AS next FROM pairs');
  for (let number = next; ; number++) {
    await database.transaction(async (queries) => {
      for (const half of ['left', 'right']) await queries.query('INSERT INTO pairs VALUES ($1, $2)', [number, half]);
    });
    process.stdout.write(number + '\\n');
  }`;

describe('PGlite, killed', () => {
  let child: ChildProcess | undefined;
  afterEach(() => {
    child?.kill('SIGKILL');
  });

  /** Runs the writer on a folder until `until` resolves, kills it, and returns the last number that it printed. */
  async function writeAndKill(dir: string, until: (firstKept: Promise<void>) => Promise<void>): Promise<number> {
    const adapter = new URL('./pglite-database.js', import.meta.url).href;
    const writer = spawn(process.execPath, ['--input-type=module', '-e', WRITER, adapter, dir], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = writer;
    let last = 0;
    const ended = once(writer, 'close');
    const firstKept = new Promise<void>((resolve) => {
      createInterface({ input: writer.stdout }).on('line', (line) => {
        last = Number(line);
        resolve();
      });
    });
    await Promise.race([until(firstKept), ended]);
    expect(writer.exitCode).toBeNull();
    writer.kill('SIGKILL');
    await ended;
    return last;
  }

  it(
    'while it writes, again and again: what was told is there, and every pair is whole',
    async () => {
      const dir = copyOf(made);
      for (const afterMs of [0, 30, 200, 800]) {
        const told = await writeAndKill(dir, async (firstKept) => {
          await firstKept;
          await pause(afterMs);
        });
        const database = await open(dir);
        const pairs = await database.query<{ number: number; halves: number }>(
          'SELECT number, count(*) AS halves FROM pairs GROUP BY number ORDER BY number',
        );
        await database.close();
        expect(pairs.map(({ number }) => number)).toEqual(pairs.map((_, index) => index + 1));
        expect(pairs.filter(({ halves }) => halves !== 2)).toEqual([]);
        // The commit that was under way may be there too.
        expect(pairs.length - told).toBeGreaterThanOrEqual(0);
        expect(pairs.length - told).toBeLessThanOrEqual(1);
      }
    },
    SLOW_MS,
  );

  it(
    'while it is made: the next start makes it whole',
    async () => {
      const dir = folder();
      const appears = async (path: string): Promise<void> => {
        while (!existsSync(path)) await pause(2);
      };
      for (const moment of [() => pause(150), () => appears(join(`${dir}.new`, 'PG_VERSION')), () => appears(dir)])
        await writeAndKill(dir, moment);
      const database = await open(dir);
      expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await database.close();
    },
    SLOW_MS,
  );
});

describe('PGlite, in its folder', () => {
  it('syncs each commit, before it is told, and no read', async () => {
    const database = await PGlite.create(syncedOptions(copyOf(made)));
    let syncs = 0;
    const { fsyncSync } = fs;
    fs.fsyncSync = (descriptor) => {
      syncs++;
      fsyncSync(descriptor);
    };
    syncBuiltinESMExports();
    try {
      await database.exec('CREATE TABLE kept (n int)');
      for (let n = 0; n < 5; n++) {
        const before = syncs;
        await database.query('INSERT INTO kept VALUES ($1)', [n]);
        expect(syncs).toBeGreaterThan(before);
      }
      const before = syncs;
      await database.query('SELECT * FROM kept');
      expect(syncs).toBe(before);
    } finally {
      fs.fsyncSync = fsyncSync;
      syncBuiltinESMExports();
      await database.close();
    }
  });

  it('is not hindered by what a killed process left there', async () => {
    const dir = copyOf(made);
    writeFileSync(join(dir, 'postmaster.pid'), `${process.pid}\n/pglite/data\n`);
    mkdirSync(`${dir}.new`);
    const database = await open(dir);
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await database.close();
  });

  it('says in one line what is wrong with a folder that it cannot use', async () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    const refused = await open(join(file, 'database')).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StartError);
    expect((refused as Error).message).toMatch(
      /^the database in .*database cannot be opened: ENOTDIR.* \(CLATTER_DATA_DIR\)$/,
    );

    const other = folder();
    mkdirSync(other);
    writeFileSync(join(other, 'holiday.jpg'), 'x');
    await expect(open(other)).rejects.toThrow(/^the database in .* cannot be opened: /);
    expect(existsSync(join(other, 'holiday.jpg'))).toBe(true);

    const broken = copyOf(made);
    rmSync(join(broken, 'global'), { recursive: true });
    await expect(open(broken)).rejects.toBeInstanceOf(StartError);
  });
});

describe('PGlite, its thread', () => {
  it('is away for the calls that it took, and refuses the later ones, when it ends', async () => {
    const thread = await PgliteThread.open(copyOf(made));
    const asked = [thread.ask('SELECT pg_sleep(5)'), thread.ask('SELECT 1')].map((answer) =>
      answer.catch((error: unknown) => error),
    );
    await thread.kill();
    for (const answer of await Promise.all(asked)) expect(answer).toMatchObject({ code: 'UNAVAILABLE' });
    await expect(thread.ask('SELECT 1')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(thread.ended).toBeDefined();
  });
});
