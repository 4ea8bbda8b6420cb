/**
 * The thread that owns one SQLite connection. The writer commits groups with a full fsync each (WAL, synchronous=FULL). The reader and the
 * checkpointer have connections of their own: a read never waits for an fsync, nor a commit for pages to be copied back.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { SqlValue, StorageAnswer, StorageRequest, StorageWorkerData } from './storage-protocol.ts';

/** Of the tables; a new one for each layout that older files do not have. */
const FORMAT = 3;
let formatError = '';

const { file, role } = workerData as StorageWorkerData;
const port = parentPort as NonNullable<typeof parentPort>;
const database = new DatabaseSync(file, { readOnly: role === 'reader', timeout: 5000 });
if (role === 'writer') {
  checkFormat();
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -65536',
  );
} else if (role === 'reader') database.exec('PRAGMA query_only = 1; PRAGMA cache_size = -32768');
database.exec('PRAGMA mmap_size = 268435456; PRAGMA temp_store = MEMORY');

/** A file of another layout is left alone. */
function checkFormat(): void {
  const { user_version: format } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_master').get() as { tables: number };
  if (tables === 0) database.exec(`PRAGMA user_version = ${FORMAT}`);
  else if (format !== FORMAT) formatError = `its data has format ${format}, this version reads format ${FORMAT} alone`;
}

const sources = new Map<number, string>();
const prepared = new Map<number, StatementSync>();

function statement(id: number): StatementSync {
  let found = prepared.get(id);
  if (!found) {
    found = database.prepare(sources.get(id) as string);
    found.setReturnArrays(true);
    prepared.set(id, found);
  }
  return found;
}

const begin = database.prepare('BEGIN IMMEDIATE');
const commit = database.prepare('COMMIT');

function commitGroup(request: Extract<StorageRequest, { kind: 'commit' }>): void {
  const { blobs, bytes } = request;
  const params = request.params as SqlValue[];
  for (let i = 0, from = 0; i < blobs.length; i += 2) {
    const to = blobs[i + 1] as number;
    params[blobs[i] as number] = bytes.subarray(from, to);
    from = to;
  }
  begin.run();
  try {
    let at = 0;
    for (let i = 0; i < request.statements.length; i++) {
      const count = request.counts[i] as number;
      statement(request.statements[i] as number).run(...params.slice(at, at + count));
      at += count;
    }
    commit.run();
  } catch (error) {
    // A failed COMMIT may leave the transaction open, and SQLite may have ended it itself: either is fine.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Runs the scripts that were not run yet, each with its number in one transaction. */
function migrate(name: string, scripts: readonly string[]): void {
  database.exec(
    'CREATE TABLE IF NOT EXISTS migrations (name TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (name, number)) WITHOUT ROWID',
  );
  const done = database.prepare('SELECT count(*) AS done FROM migrations WHERE name = ?').get(name) as { done: number };
  for (let number = done.done; number < scripts.length; number++) {
    database.exec('BEGIN IMMEDIATE');
    try {
      database.exec(scripts[number] as string);
      database.prepare('INSERT INTO migrations VALUES (?, ?)').run(name, number);
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }
}

function answer(request: StorageRequest): Omit<StorageAnswer, 'id'> | undefined {
  switch (request.kind) {
    case 'prepare':
      sources.set(request.statement, request.sql);
      return undefined;
    case 'migrate':
      if (formatError) throw new Error(formatError);
      migrate(request.name, request.scripts);
      return {};
    case 'commit':
      commitGroup(request);
      return {};
    case 'read':
      return {
        rows: request.statements.map((id, index) => {
          try {
            return statement(id).all(...(request.params[index] as SqlValue[])) as unknown as SqlValue[][];
          } catch (error) {
            return { error: (error as Error).message };
          }
        }),
      };
    case 'checkpoint': {
      const [row] = database.prepare(`PRAGMA wal_checkpoint(${request.whole ? 'RESTART' : 'PASSIVE'})`).all() as {
        log: number;
      }[];
      return { pages: row?.log ?? 0 };
    }
    case 'limit':
      database.exec(`PRAGMA max_page_count = ${request.pagesMax}`);
      return {};
    case 'close':
      database.close();
      return {};
  }
}

port.on('message', (request: StorageRequest) => {
  try {
    const result = answer(request);
    if (result && 'id' in request) port.postMessage({ id: request.id, ...result } satisfies StorageAnswer);
  } catch (error) {
    if ('id' in request) port.postMessage({ id: request.id, error: (error as Error).message } satisfies StorageAnswer);
    else throw error;
  }
  if (request.kind === 'close') port.close();
});
