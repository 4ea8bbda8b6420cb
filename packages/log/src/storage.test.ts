import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createLogger, StartError } from '@clatter/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStorage, type SqlValue, type Statement, type Storage } from './storage.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
let dir: string;
const opened: Storage[] = [];

const open = async (lingerMs?: number): Promise<Storage> => {
  const storage = await openStorage({ dir, logger, ...(lingerMs !== undefined && { lingerMs }) });
  opened.push(storage);
  return storage;
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'clatter-storage-'));
});
afterEach(async () => {
  for (const storage of opened.splice(0)) await storage.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A table of notes, and ways to write and read it. */
class Notes {
  readonly storage: Storage;
  readonly insert: Statement;
  readonly all: Statement;

  constructor(storage: Storage) {
    this.storage = storage;
    this.insert = storage.statement('INSERT INTO notes (name, bytes) VALUES (?, ?)');
    this.all = storage.statement('SELECT name FROM notes ORDER BY id');
  }

  static async open(lingerMs?: number): Promise<Notes> {
    const storage = await open(lingerMs);
    await storage.migrate('notes', ['CREATE TABLE notes (id INTEGER PRIMARY KEY, name TEXT NOT NULL, bytes BLOB)']);
    return new Notes(storage);
  }

  write(...names: string[]): Promise<void> {
    return this.storage.write(names.map((name) => ({ statement: this.insert, params: [name, null] })));
  }

  async names(): Promise<string[]> {
    return (await this.storage.read(this.all, [])).map(([name]) => name as string);
  }
}

/** What another connection sees, as a process that starts after a crash does. */
const onDisk = (): string[] => {
  const database = new DatabaseSync(join(dir, 'clatter.db'), { readOnly: true });
  try {
    return database
      .prepare('SELECT name FROM notes ORDER BY id')
      .all()
      .map(({ name }) => name as string);
  } finally {
    database.close();
  }
};

const refused = async (storage: Storage): Promise<void> => {
  while (storage.health().ok) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('a write', () => {
  it('resolves when it is on disk, and all before it', async () => {
    const notes = await Notes.open();
    const order: string[] = [];
    const writes = ['a', 'b', 'c'].map((name) => notes.write(name).then(() => order.push(name)));
    await writes[2];
    expect(onDisk()).toEqual(['a', 'b', 'c']);
    await Promise.all(writes);
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('is seen by the reads after it', async () => {
    const notes = await Notes.open();
    for (let i = 0; i < 50; i++) {
      await notes.write(`${i}`);
      expect(await notes.names()).toHaveLength(i + 1);
    }
  });

  it('goes to disk with all others of its turn, and with those that came while a group was under way', async () => {
    const notes = await Notes.open();
    let groups = 0;
    notes.storage.onGroup(() => () => void groups++);
    await Promise.all(Array.from({ length: 100 }, (_, i) => notes.write(`${i}`)));
    expect(groups).toBe(1);
    const first = notes.write('first');
    await new Promise((resolve) => setTimeout(resolve, 4));
    await Promise.all([first, ...Array.from({ length: 100 }, (_, i) => notes.write(`later ${i}`))]);
    expect(groups).toBeLessThanOrEqual(3);
  });

  it('waits for no other when the last group was a while ago, and lingers when it was not', async () => {
    const notes = await Notes.open(1000);
    await notes.write('warm');
    await new Promise((resolve) => setTimeout(resolve, 1050));
    const idle = performance.now();
    await notes.write('idle');
    expect(performance.now() - idle).toBeLessThan(800);
    await notes.write('busy');
    expect(performance.now() - idle).toBeGreaterThanOrEqual(995);
  });

  it('carries every kind of value', async () => {
    const { storage } = await Notes.open();
    await storage.migrate('kinds', ['CREATE TABLE kinds (a, b, c, d, e, f)']);
    const insert = storage.statement('INSERT INTO kinds VALUES (?, ?, ?, ?, ?, ?)');
    const all = storage.statement('SELECT a, b, c, d, e, f FROM kinds');
    const pooled = Buffer.from('pooled');
    const rows: SqlValue[][] = [
      [null, 1, -1, 2 ** 53 - 1, 0.5, 'ünï👩‍👩‍👧'],
      [pooled, new Uint8Array(0), new Uint8Array(100_000).fill(7), 'zero \0 in it', '', pooled.subarray(2, 4)],
    ];
    await storage.write(rows.map((params) => ({ statement: insert, params })));
    const plain = (row: readonly SqlValue[]): unknown[] =>
      row.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value));
    expect((await storage.read(all, [])).map(plain)).toEqual(rows.map(plain));
  });

  it('can be added to a group right before it is written, and told of', async () => {
    const notes = await Notes.open();
    const told: string[] = [];
    notes.storage.onGroup((add) => {
      add(notes.insert, ['contributed', null]);
      return () => told.push(...onDisk());
    });
    await notes.write('own');
    expect(told).toEqual(['own', 'contributed']);
    // Without ops of its own it resolves with the next group.
    await notes.storage.write([]);
    expect(onDisk()).toEqual(['own', 'contributed', 'contributed']);
  });

  it('is refused after close, and before it all are done', async () => {
    const notes = await Notes.open();
    const last = notes.write('last');
    await notes.storage.close();
    await last;
    expect(onDisk()).toEqual(['last']);
    await expect(notes.write('late')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('a read', () => {
  it('rejects with what SQLite says, without harm to others of its turn', async () => {
    const notes = await Notes.open();
    await notes.write('a');
    const wrong = notes.storage.statement('SELECT * FROM no_such_table');
    const [good, bad] = await Promise.allSettled([notes.names(), notes.storage.read(wrong, [])]);
    expect(good).toEqual({ status: 'fulfilled', value: ['a'] });
    expect((bad as PromiseRejectedResult).reason.message).toMatch(/no_such_table/);
  });
});

describe('a full disk', () => {
  it('holds writes back whole, in order, until there is room; reads go on', async () => {
    const notes = await Notes.open();
    await notes.write('before');
    await notes.storage.limitPages(1);
    const big = new Uint8Array(200_000);
    const halves = notes.storage.write([
      { statement: notes.insert, params: ['first half', null] },
      { statement: notes.insert, params: ['second half', big] },
    ]);
    await refused(notes.storage);
    expect(notes.storage.health().reason).toMatch(/clatter\.db: .*full/);
    let done = false;
    const small = notes.write('small').then(() => {
      done = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(done).toBe(false);
    expect(await notes.names()).toEqual(['before']);
    expect(onDisk()).toEqual(['before']);
    await notes.storage.limitPages(0);
    await Promise.all([halves, small]);
    expect(notes.storage.health()).toEqual({ ok: true, reason: '' });
    expect(onDisk()).toEqual(['before', 'first half', 'second half', 'small']);
  });

  it('does not keep the process from stopping: what waits is refused', async () => {
    const notes = await Notes.open();
    await notes.write('before');
    await notes.storage.limitPages(1);
    const writes = [notes.storage.write([{ statement: notes.insert, params: ['big', new Uint8Array(200_000)] }])];
    await refused(notes.storage);
    writes.push(notes.write('small'));
    const settled = Promise.allSettled(writes);
    await notes.storage.close();
    for (const { status, reason } of (await settled) as PromiseRejectedResult[])
      expect([status, reason.code]).toEqual(['rejected', 'UNAVAILABLE']);
    expect(onDisk()).toEqual(['before']);
  });

  it('bounds what may wait', async () => {
    const notes = await Notes.open();
    await notes.write('before');
    await notes.storage.limitPages(1);
    const big = new Uint8Array(20 << 20);
    const write = (): Promise<unknown> =>
      notes.storage.write([{ statement: notes.insert, params: ['big', big] }]).catch(({ code }) => code);
    const first = write();
    await refused(notes.storage);
    const writes = Array.from({ length: 20 }, write);
    expect(await Promise.race(writes)).toBe('UNAVAILABLE');
    await notes.storage.close();
    expect(await Promise.all([first, ...writes])).toEqual(Array(21).fill('UNAVAILABLE'));
  });
});

describe('opening', () => {
  it('keeps what was written, and runs each migration once', async () => {
    const scripts = ['CREATE TABLE a (x)', 'INSERT INTO a VALUES (1)'];
    for (let round = 0; round < 3; round++) {
      const storage = await open();
      await storage.migrate('m', scripts);
      expect(await storage.read(storage.statement('SELECT x FROM a'), [])).toEqual([[1]]);
      await storage.close();
    }
    const storage = await open();
    // A script that fails leaves nothing behind, and can be mended.
    await expect(storage.migrate('m', [...scripts, 'INSERT INTO a VALUES (2); SELECT nothing'])).rejects.toThrow(
      /nothing/,
    );
    await storage.migrate('m', [...scripts, 'INSERT INTO a VALUES (3)']);
    expect(await storage.read(storage.statement('SELECT x FROM a'), [])).toEqual([[1], [3]]);
  });

  it('is refused while another one has the folder, in one line that names it', async () => {
    const storage = await open();
    await expect(open()).rejects.toThrow(
      new StartError(`data folder ${dir} is in use by process ${process.pid}; stop it or set CLATTER_DATA_DIR`),
    );
    await storage.close();
    await open();
  });

  it('tells in one line why a folder cannot be used', async () => {
    const root = dir;
    writeFileSync(join(root, 'file'), '');
    dir = join(root, 'file', 'below');
    await expect(open()).rejects.toThrow(/^data folder .*below cannot be made: ENOTDIR.*\(CLATTER_DATA_DIR\)$/);
    dir = '/proc/nothing';
    await expect(open()).rejects.toThrow(/^data folder \/proc\/nothing cannot be made: ENOENT.*\(CLATTER_DATA_DIR\)$/);
    dir = '/proc';
    await expect(open()).rejects.toThrow(/^data folder \/proc cannot be written: .*\(CLATTER_DATA_DIR\)$/);
    dir = join(root, 'broken');
    const storage = await open();
    await storage.close();
    writeFileSync(join(dir, 'clatter.db'), 'this is no database, however long it may be'.repeat(100));
    await expect(open()).rejects.toThrow(/clatter\.db cannot be opened: .*not a database.*\(CLATTER_DATA_DIR\)$/);
    dir = root;
  });

  it('refuses a file of another format, and leaves it as it is', async () => {
    const database = new DatabaseSync(join(dir, 'clatter.db'));
    database.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY); PRAGMA user_version = 1');
    database.close();
    await expect(open()).rejects.toThrow(
      /clatter\.db cannot be opened: its data has format 1, this version reads format \d+ alone \(CLATTER_DATA_DIR\)$/,
    );
    const again = new DatabaseSync(join(dir, 'clatter.db'));
    expect(again.prepare('SELECT name FROM sqlite_master').all()).toEqual([{ name: 'notes' }]);
    again.close();
  });
});
