/**
 * Storage: one SQLite file, written by a worker thread in groups. All writes of a group are one transaction with one fsync; a write's
 * promise resolves after it. At most one group is under way; what comes meanwhile is the next one, which starts no sooner than
 * `lingerMs` after the last, so that a busy process pays for few fsyncs and an idle one waits for none.
 *
 * A group that fails (disk full, I/O error) is rolled back whole and tried again in place, in order, until it succeeds. `health()` tells.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { backoff, type Logger, StartError } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import type { SqlValue, StorageAnswer, StorageRequest, StorageWorkerData } from './storage-protocol.ts';

export type { SqlValue };

/** A number that stands for a prepared statement. */
export type Statement = number;

/** Adds to the group that is about to be written. */
export type AddOp = (statement: Statement, params: readonly SqlValue[]) => void;

export interface Storage {
  /** Runs the scripts of `name` that were not run yet. */
  migrate(name: string, scripts: readonly string[]): Promise<void>;
  statement(sql: string): Statement;
  /**
   * Adds to the next group; resolves when it is on disk. With no ops it resolves with the next group, whatever is in it. Rejects with
   * UNAVAILABLE when too much waits already.
   */
  write(ops: readonly { readonly statement: Statement; readonly params: readonly SqlValue[] }[]): Promise<void>;
  /** Called right before each group is written: may add to it, and gets told when it is on disk. */
  onGroup(contribute: (add: AddOp) => (() => void) | undefined): void;
  /** Sees every write that resolved before. Rows as arrays. */
  read(statement: Statement, params: readonly SqlValue[]): Promise<readonly SqlValue[][]>;
  health(): { readonly ok: boolean; readonly reason: string };
  /** Bounds the file, for tests of a full disk; 0 takes the bound away. */
  limitPages(pagesMax: number): Promise<void>;
  close(): Promise<void>;
}

const WAITING_BYTES_MAX = 256 << 20;
const RETRY = { baseMs: 100, maxMs: 2000 };
const NO_LIMIT = 4294967294;

interface Group {
  readonly statements: number[];
  readonly counts: number[];
  readonly params: SqlValue[];
  /** Byte values among params: (index, value). */
  readonly blobs: { readonly index: number; readonly value: Uint8Array }[];
  bytes: number;
  readonly done: Promise<void>;
  readonly resolve: () => void;
}

function newGroup(): Group {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { statements: [], counts: [], params: [], blobs: [], bytes: 0, done: promise, resolve };
}

/** The byte values of a group in one buffer of their own. */
function packBlobs({ blobs }: Group): { blobs: number[]; bytes: Uint8Array } {
  const packed = new Uint8Array(blobs.reduce((sum, { value }) => sum + value.length, 0));
  const places: number[] = [];
  let at = 0;
  for (const { index, value } of blobs) {
    packed.set(value, at);
    at += value.length;
    places.push(index, at);
  }
  return { blobs: places, bytes: packed };
}

type Question = StorageRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never;

/** A worker thread that answers requests. */
class Thread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (answer: StorageAnswer) => void; reject: (error: Error) => void }>();
  #nextId = 1;

  constructor(data: StorageWorkerData) {
    this.#worker = new Worker(new URL('./storage-worker.js', import.meta.url), { workerData: data });
    this.#worker.on('message', (answer: StorageAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(answer.error));
    });
    this.#worker.on('error', (error) => this.#fail(error as Error));
    this.#worker.on('exit', () => this.#fail(new Error('the storage thread has ended')));
  }

  tell(request: StorageRequest): void {
    this.#worker.postMessage(request);
  }

  ask(request: Question, transfer: ArrayBuffer[] = []): Promise<StorageAnswer> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...request, id }, transfer);
    });
  }

  async close(): Promise<void> {
    await this.ask({ kind: 'close' }).catch(() => undefined);
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/**
 * Opens, or makes, the storage of a data folder. Rejects with a StartError where the folder cannot be written or another process has it.
 * @param lingerMs shortest time between the starts of two groups
 */
export async function openStorage(options: {
  readonly dir: string;
  readonly logger: Logger;
  readonly lingerMs?: number;
  readonly pagesMax?: number;
}): Promise<Storage> {
  const { dir, logger, lingerMs = 3, pagesMax = 0 } = options;
  try {
    mkdirSync(dir, { recursive: true });
  } catch (error) {
    throw new StartError(`data folder ${dir} cannot be made: ${(error as Error).message} (CLATTER_DATA_DIR)`);
  }
  const lock: DirectoryLock = lockDirectory(dir);
  const file = join(dir, 'clatter.db');
  const writer = new Thread({ file, role: 'writer', pagesMax });
  // The file must be there, in WAL mode, before a reader opens it.
  try {
    await writer.ask({ kind: 'migrate', name: 'storage', scripts: [] });
  } catch (error) {
    lock.release();
    throw new StartError(`${file} cannot be opened: ${(error as Error).message} (CLATTER_DATA_DIR)`);
  }
  const reader = new Thread({ file, role: 'reader', pagesMax: 0 });

  let statements = 0;
  let group = newGroup();
  let wanted = false;
  let busy = false;
  let lastStart = 0;
  let scheduled = false;
  let trouble = '';
  let waitingBytes = 0;
  let closing = false;
  const contributors: ((add: AddOp) => (() => void) | undefined)[] = [];

  const add = (to: Group, statement: Statement, params: readonly SqlValue[]): void => {
    to.statements.push(statement);
    to.counts.push(params.length);
    let bytes = 0;
    for (const param of params) {
      if (param instanceof Uint8Array) {
        to.blobs.push({ index: to.params.length, value: param });
        to.params.push(null);
        bytes += param.length;
      } else {
        to.params.push(param);
        bytes += typeof param === 'string' ? param.length : 8;
      }
    }
    to.bytes += bytes;
    waitingBytes += bytes;
  };

  const schedule = (): void => {
    wanted = true;
    if (busy || scheduled) return;
    scheduled = true;
    const waitMs = lastStart + lingerMs - performance.now();
    // At the end of the turn at the earliest: what the same turn writes goes along.
    if (waitMs > 0) setTimeout(start, waitMs);
    else setImmediate(start);
  };

  const start = (): void => {
    scheduled = false;
    busy = true;
    void commitGroup();
  };

  const commitGroup = async (): Promise<void> => {
    lastStart = performance.now();
    wanted = false;
    const current = group;
    group = newGroup();
    const told = contributors.map((contribute) => contribute((statement, params) => add(current, statement, params)));
    const { statements: list, counts, params } = current;
    for (let tries = 0; list.length > 0; tries++) {
      try {
        const packed = packBlobs(current);
        await writer.ask({ kind: 'commit', statements: list, counts, params, ...packed }, [
          packed.bytes.buffer as ArrayBuffer,
        ]);
        if (trouble) logger.info('the disk takes writes again');
        trouble = '';
        break;
      } catch (error) {
        if (!trouble) logger.error({ err: error }, 'a group of writes failed; it is tried again until it succeeds');
        trouble = `cannot write to ${file}: ${(error as Error).message}`;
        if (closing) return;
        await new Promise((resolve) => setTimeout(resolve, backoff(tries, RETRY)));
      }
    }
    waitingBytes -= current.bytes;
    for (const tell of told) tell?.();
    current.resolve();
    busy = false;
    if (wanted) schedule();
  };

  let reads:
    | {
        statements: number[];
        params: (readonly SqlValue[])[];
        done: { resolve: (rows: readonly SqlValue[][]) => void; reject: (error: Error) => void }[];
      }
    | undefined;
  const flushReads = (): void => {
    const batch = reads as NonNullable<typeof reads>;
    reads = undefined;
    reader.ask({ kind: 'read', statements: batch.statements, params: batch.params }).then(
      ({ rows }) =>
        rows?.forEach((result, index) => {
          const waiting = batch.done[index];
          if ('error' in result) waiting?.reject(new Error(result.error));
          else waiting?.resolve(result);
        }),
      (error) => {
        for (const { reject } of batch.done) reject(error as Error);
      },
    );
  };

  return {
    async migrate(name, scripts) {
      await writer.ask({ kind: 'migrate', name, scripts });
    },
    statement(sql) {
      const statement = statements++;
      for (const thread of [writer, reader]) thread.tell({ kind: 'prepare', statement, sql });
      return statement;
    },
    write(ops) {
      if (waitingBytes > WAITING_BYTES_MAX)
        return Promise.reject(new ClatterError('UNAVAILABLE', 'the disk does not keep up with what is written'));
      for (const { statement, params } of ops) add(group, statement, params);
      schedule();
      return group.done;
    },
    onGroup(contribute) {
      contributors.push(contribute);
    },
    read(statement, params) {
      return new Promise((resolve, reject) => {
        if (!reads) {
          reads = { statements: [], params: [], done: [] };
          // After the promises of this turn: what they read goes along in one message.
          setImmediate(flushReads);
        }
        reads.statements.push(statement);
        reads.params.push(params);
        reads.done.push({ resolve, reject });
      });
    },
    health: () => ({ ok: trouble === '', reason: trouble }),
    async limitPages(max) {
      await writer.ask({ kind: 'limit', pagesMax: max || NO_LIMIT });
    },
    async close() {
      closing = true;
      const last = group.done;
      schedule();
      if (!trouble) await last;
      await reader.close();
      await writer.close();
      lock.release();
    },
  };
}
