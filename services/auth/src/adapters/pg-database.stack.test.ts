/** PostgreSQL passes the contract, and the adapter survives what can become of connections and of the server. */

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import { createDatabase, Daemon, dropDatabase, freePorts, type Program, postgres } from '@clatter/cluster';
import { systemClock } from '@clatter/runtime';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { databaseContract } from '../database.contract.ts';
import { migrate, migrationNames } from '../migrations.ts';
import type { Database } from '../ports.ts';
import { linesOf, recordingLogger } from '../test/recording-logger.ts';
import { createPgDatabase, type PgOptions } from './pg-database.ts';

const server = process.env.CLATTER_TEST_POSTGRES ?? '';
if (server === '') throw new Error('CLATTER_TEST_POSTGRES: want the URL of a PostgreSQL server, got nothing');

/** Those of this test that are open. */
const opened: Database[] = [];
const open = (url: string, more: Partial<PgOptions> = {}): Database => {
  const database = createPgDatabase({
    url,
    poolMax: 5,
    statementMs: 5000,
    tls: undefined,
    clock: systemClock,
    logger: recordingLogger().logger,
    ...more,
  });
  opened.push(database);
  return database;
};
const fresh = (): string => createDatabase(server, `clatter_test_${randomBytes(6).toString('hex')}`);
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
});

/** Ends all connections to the database of `url` but that which asks. */
const killConnections = (database: Database) =>
  database.query(
    'SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  );

databaseContract('PostgreSQL', async () => {
  const url = fresh();
  const lives: Database[] = [];
  const live = (): Database => {
    const database = open(url);
    opened.pop();
    lives.push(database);
    return database;
  };
  let database = live();
  return {
    get database() {
      return database;
    },
    async restart() {
      await database.close();
      database = live();
    },
    async crash() {
      database = live();
      await killConnections(database);
    },
    async end() {
      for (const life of lives) await life.close();
      dropDatabase(url);
    },
  };
});

describe('PostgreSQL, its connections', () => {
  let url: string;
  beforeAll(() => {
    url = fresh();
  });
  afterAll(() => dropDatabase(url));

  it('are killed in mid-transaction: nothing of it is kept, and the next one works', async () => {
    const [database, other] = [open(url), open(url)];
    await database.query('CREATE TABLE things (id bigint)');
    const killed = database.transaction(async (queries) => {
      await queries.query('INSERT INTO things VALUES (1)');
      await killConnections(other);
      // Between two statements: the connection's end is told to nobody but the next one.
      await pause(50);
      await queries.query('INSERT INTO things VALUES (2)');
    });
    await expect(killed).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: expect.any(Number) });
    // In mid-statement.
    const sleeping = database.query('SELECT pg_sleep(30)');
    const refused = expect(sleeping).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await pause(200);
    await killConnections(other);
    await refused;
    expect(await database.query('SELECT id FROM things')).toEqual([]);
    expect(database.health()).toEqual({ ok: true, reason: '' });
  });

  it('say that a statement took too long, and are good for another', async () => {
    const database = open(url, { statementMs: 200, poolMax: 1 });
    await expect(database.query('SELECT pg_sleep(10)')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('are waited for in a bounded line', async () => {
    const database = open(url, { poolMax: 1 });
    let release = (): void => undefined;
    let held: Promise<void> | undefined;
    await new Promise<void>((begun) => {
      held = database.transaction(() => {
        begun();
        return new Promise<void>((resolve) => {
          release = resolve;
        });
      });
    });
    const asked = Array.from({ length: 1100 }, () =>
      database.query('SELECT 1 AS one').then(
        () => 'answered',
        (error: { code: string }) => error.code,
      ),
    );
    await pause(50);
    release();
    await held;
    const outcomes = Map.groupBy(await Promise.all(asked), (outcome) => outcome);
    expect(outcomes.get('answered')?.length).toBeGreaterThanOrEqual(1000);
    expect(outcomes.get('UNAVAILABLE')?.length).toBeGreaterThan(50);
    expect(outcomes.size).toBe(2);
  });

  it('run a transaction again that ran into a deadlock', async () => {
    const database = open(url);
    await database.query(
      'CREATE TABLE pairs (id bigint PRIMARY KEY, value bigint); INSERT INTO pairs VALUES (1, 0), (2, 0)',
    );
    let runs = 0;
    const add = (first: number, second: number) =>
      database.transaction(async (queries) => {
        runs++;
        await queries.query('UPDATE pairs SET value = value + 1 WHERE id = $1', [first]);
        await pause(100);
        await queries.query('UPDATE pairs SET value = value + 1 WHERE id = $1', [second]);
      });
    await Promise.all([add(1, 2), add(2, 1)]);
    expect(await database.query('SELECT value FROM pairs')).toEqual([{ value: 2 }, { value: 2 }]);
    expect(runs).toBe(3);
  });

  it('migrate once, however many processes start together', async () => {
    const databases = Array.from({ length: 6 }, () => open(url));
    await Promise.all(databases.map(migrate));
    const [database] = databases as [Database];
    const done = await database.query<{ name: string }>('SELECT name FROM migrations ORDER BY name');
    expect(done.map(({ name }) => name)).toEqual(migrationNames.toSorted());
    await migrate(database);
  });
});

describe('PostgreSQL, the server', () => {
  let dir: string;
  let port: number;
  let daemon: Daemon;
  const urlOf = (): string => `postgres://postgres:hunter2@127.0.0.1:${port}/postgres`;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'clatter-pg-'));
    chmodSync(dir, 0o755);
    [port] = (await freePorts(1)) as [number];
    daemon = new Daemon(postgres({ dataDir: join(dir, 'data'), port, durable: false }), dir);
    await daemon.start();
  }, 120_000);
  afterAll(async () => {
    await daemon.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const until = async (ok: () => boolean): Promise<void> =>
    void (await expect.poll(ok, { timeout: 20_000 }).toBe(true));

  it('is down at the start and in between: one line when it goes, one when it is back, and no password', async () => {
    await daemon.stop();
    const { logger, lines } = recordingLogger();
    const database = open(urlOf(), { logger });
    await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 1000 });
    await until(() => !database.health().ok);
    for (let i = 0; i < 20; i++)
      await expect(database.transaction((queries) => queries.query('SELECT 1'))).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      });
    await daemon.start();
    await until(() => database.health().ok);
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await daemon.stop();
    // Nobody asks anything: connections that end say it.
    await until(() => !database.health().ok);
    await daemon.start();
    await until(() => database.health().ok);
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const said = linesOf(lines);
    expect(said.map((line) => line.replace(/away: .*; it/, 'away: …; it'))).toEqual([
      'the database is away: …; it is asked until it is back',
      'the database is back',
      'the database is away: …; it is asked until it is back',
      'the database is back',
    ]);
    expect(said[0]).toContain('ECONNREFUSED');
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  it('is stopped, and gives up on nothing: calls end all the same', async () => {
    const database = open(urlOf(), { statementMs: 300 });
    await database.query('SELECT 1');
    const processes = [daemon.pid as number, ...childrenOf(daemon.pid as number)];
    signalAll(processes, 'SIGSTOP');
    try {
      await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await until(() => !database.health().ok);
    } finally {
      signalAll(processes, 'SIGCONT');
    }
    await until(() => database.health().ok);
    // A busy machine may take longer than a statement of this test has.
    const one = (): Promise<unknown> => database.query('SELECT 1 AS one').catch(({ code }) => code);
    await expect.poll(one, { timeout: 20_000 }).toEqual([{ one: 1 }]);
  });

  it('is reached over TLS, where its certificate is one that we trust', async () => {
    const [cert, key] = [join(dir, 'server.crt'), join(dir, 'server.key')];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '1',
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=DNS:localhost',
        '-keyout',
        key,
        '-out',
        cert,
      ],
      { stdio: 'ignore' },
    );
    const [tlsPort] = (await freePorts(1)) as [number];
    const plain = postgres({ dataDir: join(dir, 'tls'), port: tlsPort, durable: false });
    const program: Program = {
      ...plain,
      name: 'postgres-tls',
      command: [...plain.command, '-c', 'ssl=on', '-c', `ssl_cert_file=${cert}`, '-c', `ssl_key_file=${key}`],
    };
    chmodSync(key, 0o600);
    // The server does not run as root.
    if (process.getuid?.() === 0) execFileSync('chown', ['postgres', key]);
    const withTls = new Daemon(program, dir);
    await withTls.start();
    try {
      const at = `postgres://postgres@localhost:${tlsPort}/postgres`;
      const database = open(at, { tls: { secureContext: createSecureContext({ ca: readFileSync(cert) }) } });
      expect(await database.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).toEqual([{ ssl: true }]);
      await expect(open(at, { tls: { secureContext: createSecureContext() } }).query('SELECT 1')).rejects.toMatchObject(
        {
          code: 'UNAVAILABLE',
          cause: { message: expect.stringContaining('self-signed') },
        },
      );
    } finally {
      await withTls.stop();
    }
  });
});

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

/** The server's own workers come and go. */
function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids)
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
}
