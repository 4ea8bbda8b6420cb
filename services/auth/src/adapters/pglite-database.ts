/**
 * The Database of one process: PGlite in a worker thread, files below a folder, a commit = an fsync of PostgreSQL's log (1.4 ms beside 0.4 without). Killed
 * processes and power cuts lose nothing that was acknowledged: its own recovery runs at the next start. One connection, so transactions
 * queue up. A thread that ends, by an error that PostgreSQL gives up at, is replaced at the next call.
 */
import { type Clock, type Logger, StartError } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import type { Database, Queries, SqlParam, SqlRow } from '../ports.ts';
import { prepareFolder } from './pglite-folder.ts';
import { PgliteThread } from './pglite-thread.ts';
import { runTransaction } from './transaction.ts';

/** Statements and transactions that may wait; past it calls are UNAVAILABLE. Some seconds of work. */
const WAITING_MAX = 5000;
/** A database that could not be opened again is left alone for so long. */
const REOPEN_MS = 1000;

/** Opens, or makes, the database of a folder. Rejects with a StartError where it cannot. */
export async function openPglite(dir: string, parts: { clock: Clock; logger: Logger }): Promise<Database> {
  try {
    await prepareFolder(dir);
    return new PgliteDatabase(dir, await PgliteThread.open(dir), parts);
  } catch (error) {
    const { message, cause } = error as Error;
    const why = error instanceof ClatterError && cause instanceof Error ? cause.message : message;
    throw new StartError(`the database in ${dir} cannot be opened: ${why} (CLATTER_DATA_DIR)`);
  }
}

class PgliteDatabase implements Database {
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #thread: PgliteThread;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  #waiting = 0;
  #closed = false;
  /** The end of the queue: a statement or a whole transaction at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(dir: string, thread: PgliteThread, { clock, logger }: { clock: Clock; logger: Logger }) {
    this.#dir = dir;
    this.#thread = thread;
    this.#clock = clock;
    this.#logger = logger;
  }

  query<T extends SqlRow>(sql: string, params?: readonly SqlParam[]): Promise<readonly T[]> {
    return this.#inTurn(async (thread) => (await thread.ask(sql, params)) as readonly T[]);
  }

  transaction<T>(run: (queries: Queries) => Promise<T>): Promise<T> {
    return this.#inTurn((thread) =>
      runTransaction(
        async <R extends SqlRow>(sql: string, params?: readonly SqlParam[]) =>
          (await thread.ask(sql, params)) as readonly R[],
        run,
        async (error) => {
          await thread.ask('ROLLBACK').catch(() => undefined);
          return error;
        },
      ),
    );
  }

  health(): { readonly ok: boolean; readonly reason: string } {
    const ended = this.#thread.ended;
    return ended ? { ok: false, reason: `the database is away: ${ended.message}` } : { ok: true, reason: '' };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    await this.#thread.close();
  }

  async #inTurn<T>(run: (thread: PgliteThread) => Promise<T>): Promise<T> {
    if (this.#closed) throw new ClatterError('UNAVAILABLE', 'the database is closed');
    if (this.#waiting >= WAITING_MAX) throw new ClatterError('UNAVAILABLE', 'the database is behind');
    this.#waiting++;
    const mine = this.#last.then(async () => run(await this.#living()));
    this.#last = mine.catch(() => undefined);
    return mine.finally(() => this.#waiting--);
  }

  /** The thread, or a new one where it has ended. */
  async #living(): Promise<PgliteThread> {
    const ended = this.#thread.ended;
    if (!ended) return this.#thread;
    if (this.#clock.nowMs() - this.#failedAtMs < REOPEN_MS)
      throw new ClatterError('UNAVAILABLE', 'the database is away', { cause: ended });
    this.#logger.error({ err: ended }, 'the database has ended; it is opened again');
    try {
      await prepareFolder(this.#dir);
      this.#thread = await PgliteThread.open(this.#dir);
      return this.#thread;
    } catch (error) {
      this.#failedAtMs = this.#clock.nowMs();
      throw error instanceof ClatterError
        ? error
        : new ClatterError('UNAVAILABLE', 'the database is away', { cause: error });
    }
  }
}
