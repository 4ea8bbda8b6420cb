/**
 * The Database of one process: PGlite in a worker thread, files below a folder. One connection: transactions queue up. A killed process
 * loses nothing that was acknowledged (PostgreSQL's own recovery runs at the next start); PGlite does not fsync, so a power cut may cost the
 * last seconds of accounts.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { StartError } from '@clatter/runtime';
import type { Database, Queries, SqlParam, SqlRow } from '../ports.ts';
import type { PgliteAnswer, PgliteRequest } from './pglite-worker.ts';

type Waiting = { readonly resolve: (rows: readonly unknown[]) => void; readonly reject: (error: Error) => void };

/** Opens, or makes, the database of a folder. Rejects with a StartError where it cannot. */
export async function openPglite(dir: string): Promise<Database> {
  mkdirSync(dir, { recursive: true });
  // What a killed process left: the data folder has one owner by the lock of the storage beside it.
  rmSync(join(dir, 'postmaster.pid'), { force: true });
  const worker = new Worker(new URL('./pglite-worker.js', import.meta.url), { workerData: { dir } });
  const waiting = new Map<number, Waiting>();
  let nextId = 1;
  const fail = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on('message', ({ id, rows, error }: PgliteAnswer) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (error) one?.reject(Object.assign(new Error(error.message), { code: error.code }));
    else one?.resolve(rows ?? []);
  });
  worker.on('error', (error) => fail(error as Error));
  worker.on('exit', () => fail(new Error('the database thread has ended')));
  const ask = (request: Omit<PgliteRequest, 'id'>): Promise<readonly unknown[]> =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, ...request });
    });

  /** The end of the queue: a statement or a whole transaction at a time. */
  let last: Promise<unknown> = Promise.resolve();
  const alone = <T>(run: () => Promise<T>): Promise<T> => {
    const mine = last.then(run, run);
    last = mine.catch(() => undefined);
    return mine;
  };
  const queries: Queries = {
    query: async <T extends SqlRow>(sql: string, params?: readonly SqlParam[]) =>
      (await ask(params ? { sql, params: [...params] } : { sql })) as readonly T[],
  };
  try {
    await ask({ sql: 'SELECT 1' });
  } catch (error) {
    throw new StartError(`the database in ${dir} cannot be opened: ${(error as Error).message} (CLATTER_DATA_DIR)`);
  }

  return {
    query: (sql, params) => alone(() => queries.query(sql, params)),
    transaction: (run) =>
      alone(async () => {
        await ask({ sql: 'BEGIN' });
        try {
          const result = await run(queries);
          await ask({ sql: 'COMMIT' });
          return result;
        } catch (error) {
          await ask({ sql: 'ROLLBACK' }).catch(() => undefined);
          throw error;
        }
      }),
    async close() {
      await last;
      await ask({}).catch(() => undefined);
      await worker.terminate();
    },
  };
}
