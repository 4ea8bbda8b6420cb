/** One life of the thread that runs PGlite. It answers until it ends, by `close`, by itself, or by an error after which nothing of it can be trusted. */
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { ClatterError } from '@clatter/wire';
import type { SqlParam, SqlRow } from '../ports.ts';
import type { PgliteAnswer, PgliteRequest } from './pglite-worker.ts';

type Waiting = { readonly resolve: (rows: readonly SqlRow[]) => void; readonly reject: (error: Error) => void };

/** Of resources (disk full), by an operator, of the system (a read or write that failed): not the statement's fault. */
const AWAY = /^(53|57|58)/;
// Node 24 ends the process ("Check failed: jit_page_->allocations_.erase") where V8 frees code of one PGlite while others come and go
// (https://github.com/nodejs/node/issues/64500). What it keeps instead is the first, slow form of PGlite's functions: a few MiB.
setFlagsFromString('--no-wasm-code-gc');

const SQLSTATE = /^[0-9A-Z]{5}$/;

const away = (message: string, cause?: unknown): ClatterError =>
  new ClatterError('UNAVAILABLE', message, cause === undefined ? {} : { cause });

export class PgliteThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #ended: Error | undefined;

  private constructor(dir: string) {
    this.#worker = new Worker(new URL('./pglite-worker.js', import.meta.url), {
      workerData: { dir },
      // Flags of the process speak of its own program (`--input-type`).
      execArgv: [],
    });
    this.#worker.on('message', (answer: PgliteAnswer) => this.#onAnswer(answer));
    this.#worker.on('messageerror', (error) => this.#end(error));
    this.#worker.on('error', (error) => this.#end(error as Error));
    this.#worker.on('exit', () => this.#end(new Error('the thread of the database has ended')));
  }

  /** Opens, or makes, the database of a folder, and recovers what a killed process left in its log. */
  static async open(dir: string): Promise<PgliteThread> {
    const thread = new PgliteThread(dir);
    try {
      await thread.ask('SELECT 1');
      return thread;
    } catch (error) {
      await thread.kill();
      throw error;
    }
  }

  /** Why it answers no more; undefined while it does. */
  get ended(): Error | undefined {
    return this.#ended;
  }

  ask(sql: string, params?: readonly SqlParam[]): Promise<readonly SqlRow[]> {
    return this.#request(params ? { sql, params: [...params] } : { sql });
  }

  async close(): Promise<void> {
    if (!this.#ended) await this.#request({}).catch(() => undefined);
    await this.kill();
  }

  /** Ends it where it stands; for the files that is a killed process. */
  async kill(): Promise<void> {
    this.#end(new Error('the database was closed'));
    await this.#worker.terminate();
  }

  #request(request: Omit<PgliteRequest, 'id'>): Promise<readonly SqlRow[]> {
    if (this.#ended) return Promise.reject(away('the database is away', this.#ended));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, ...request } satisfies PgliteRequest);
    });
  }

  #onAnswer({ id, rows, error }: PgliteAnswer): void {
    const one = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (!error) return one?.resolve((rows ?? []) as SqlRow[]);
    const refused = Object.assign(new Error(error.message), error);
    if (!error.code || !SQLSTATE.test(error.code)) {
      // PostgreSQL gave up (a panic aborts its WebAssembly): what is in memory is worthless, the files are as after a kill.
      one?.reject(away('the database is away', refused));
      this.#end(refused);
      void this.#worker.terminate();
    } else one?.reject(AWAY.test(error.code) ? away('the database cannot do this now', refused) : refused);
  }

  #end(cause: Error): void {
    this.#ended ??= cause;
    for (const { reject } of this.#waiting.values()) reject(away('the database is away', cause));
    this.#waiting.clear();
  }
}
