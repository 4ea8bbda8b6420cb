/**
 * Group commit. All writes of a group are one transaction with one fsync. At most one group is under way; what comes meanwhile is the
 * next one, which starts no sooner than `lingerMs` after the last: a busy process pays for few fsyncs, an idle one waits for none.
 *
 * A group that fails (disk full, I/O error) was rolled back whole; it is tried again in place, in order, until it succeeds.
 */
import { backoff, type Logger } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import type { SqlValue } from './storage-protocol.ts';
import { type AddOp, type Statement, WriteGroup } from './write-group.ts';

/** What waits to be written; past it writes are refused. */
const WAITING_BYTES_MAX = 256 << 20;
const RETRY = { baseMs: 100, maxMs: 2000 };

export interface Op {
  readonly statement: Statement;
  readonly params: readonly SqlValue[];
}

/** Adds to a group right before it is written; the returned function is called when it is on disk. */
export type Contribute = (add: AddOp) => (() => void) | undefined;

export interface GroupWriterParts {
  /** Writes a group in one transaction; rejects when nothing of it was written. */
  readonly commit: (group: WriteGroup) => Promise<unknown>;
  readonly lingerMs: number;
  readonly logger: Logger;
}

export class GroupWriter {
  readonly #parts: GroupWriterParts;
  readonly #contributors: Contribute[] = [];
  #group = new WriteGroup();
  /** Bytes of the group under way. */
  #bytesUnderWay = 0;
  #state: 'idle' | 'scheduled' | 'busy' = 'idle';
  /** Something waits for a group after the one under way. */
  #wanted = false;
  #startedMs = Number.NEGATIVE_INFINITY;
  #trouble = '';
  #closing = false;
  #givenUp: ClatterError | undefined;
  #wakeRetry: (() => void) | undefined;

  constructor(parts: GroupWriterParts) {
    this.#parts = parts;
  }

  /** Why nothing can be written; '' where it can. */
  get trouble(): string {
    return this.#trouble;
  }

  contributor(contribute: Contribute): void {
    this.#contributors.push(contribute);
  }

  /** Resolves when the ops, and all before them, are on disk. */
  write(ops: readonly Op[]): Promise<void> {
    if (this.#closing) return Promise.reject(new ClatterError('UNAVAILABLE', 'the storage is closed'));
    const group = this.#group;
    if (ops.length > 0 && group.bytes + this.#bytesUnderWay > WAITING_BYTES_MAX)
      return Promise.reject(new ClatterError('UNAVAILABLE', 'the disk does not keep up with what is written'));
    for (const { statement, params } of ops) group.add(statement, params);
    this.#schedule();
    return group.done;
  }

  /** Writes what waits, once, and takes nothing more. What cannot be written is refused. */
  async close(): Promise<void> {
    if (this.#closing) return;
    const last = this.#group.done;
    this.#schedule();
    this.#closing = true;
    this.#wakeRetry?.();
    await last.catch(() => undefined);
  }

  #schedule(): void {
    this.#wanted = true;
    if (this.#state !== 'idle') return;
    this.#state = 'scheduled';
    const waitMs = this.#startedMs + this.#parts.lingerMs - performance.now();
    // At the end of the turn at the earliest: what the same turn writes goes along.
    if (waitMs > 0) setTimeout(() => this.#start(), waitMs);
    else setImmediate(() => this.#start());
  }

  async #start(): Promise<void> {
    this.#state = 'busy';
    this.#startedMs = performance.now();
    this.#wanted = false;
    const group = this.#group;
    const told = this.#contributors.map((contribute) =>
      contribute((statement, params) => group.add(statement, params)),
    );
    this.#group = new WriteGroup();
    this.#bytesUnderWay = group.bytes;
    try {
      if (!group.empty) await this.#commit(group);
      for (const tell of told) tell?.();
      group.succeed();
    } catch (error) {
      // What comes after it may not stand without it.
      this.#givenUp = new ClatterError('UNAVAILABLE', (error as Error).message);
      group.fail(this.#givenUp);
    }
    this.#bytesUnderWay = 0;
    this.#state = 'idle';
    if (this.#wanted) this.#schedule();
  }

  async #commit(group: WriteGroup): Promise<void> {
    const { commit, logger } = this.#parts;
    for (let tries = 0; ; tries++) {
      if (this.#givenUp) throw this.#givenUp;
      try {
        await commit(group);
        if (this.#trouble) logger.info('the disk takes writes again');
        this.#trouble = '';
        return;
      } catch (error) {
        if (!this.#trouble)
          logger.error({ err: error }, 'a group of writes failed; it is tried again until it succeeds');
        this.#trouble = (error as Error).message;
        if (this.#closing) throw error;
        await new Promise<void>((resolve) => {
          this.#wakeRetry = resolve;
          setTimeout(resolve, backoff(tries, RETRY));
        });
      }
    }
  }
}
