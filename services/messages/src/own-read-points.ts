/**
 * Where people's own messages moved their read points. Nobody waits for these: they are gathered for a moment, so that somebody who writes
 * much costs one row, and written beside what comes next. Their offsets are committed only when they stand, so a new owner makes them again.
 *
 * One write is under way at a time, and what comes meanwhile waits for the next: while the store refuses them, of each person one row does.
 */
import type { Clock } from '@clatter/runtime';
import type { ReceiptRow } from './ports.ts';

const GATHER_MS = 250;
/** Read points that wait; past it they are written at once, and whoever brings more waits for a write that is under way. */
const WAITING_MAX = 5000;

interface Round {
  readonly rows: Map<string, ReceiptRow>;
  readonly written: PromiseWithResolvers<void>;
  cancelTimer: () => void;
}

export class OwnReadPoints {
  readonly #write: (rows: readonly ReceiptRow[]) => Promise<void>;
  readonly #clock: Clock;
  #round: Round | undefined;
  #writing: Promise<void> | undefined;
  /** The round is to be written as soon as the write that is under way is over. */
  #isDue = false;

  /** @param write resolves when the rows stand; what it rejects with, `add` does */
  constructor(write: (rows: readonly ReceiptRow[]) => Promise<void>, clock: Clock) {
    this.#write = write;
    this.#clock = clock;
  }

  /** Resolves when these, or later ones of the same people, stand. */
  add(rows: readonly ReceiptRow[]): Promise<void> {
    if (rows.length === 0) return Promise.resolve();
    this.#round ??= this.#begin();
    const { written } = this.#round;
    for (const row of rows) {
      const key = row.conversationId + row.userId;
      const before = this.#round.rows.get(key);
      if (!before || before.readSeq < row.readSeq) this.#round.rows.set(key, row);
    }
    if (this.#round.rows.size > WAITING_MAX) this.flush();
    return written.promise;
  }

  /** Whether more wait than should, for a write that is under way. */
  get isFull(): boolean {
    return this.#round !== undefined && this.#round.rows.size > WAITING_MAX;
  }

  /** Resolves when there is room for more; never rejects. */
  async room(): Promise<void> {
    while (this.isFull) await this.#writing;
  }

  /** Writes what was gathered now, or after the write that is under way. */
  flush(): void {
    const round = this.#round;
    if (!round) return;
    round.cancelTimer();
    this.#isDue = this.#writing !== undefined;
    if (this.#isDue) return;
    this.#round = undefined;
    this.#writing = this.#write([...round.rows.values()])
      .then(round.written.resolve, round.written.reject)
      .then(() => {
        this.#writing = undefined;
        if (this.#isDue) this.flush();
      });
  }

  #begin(): Round {
    const cancelTimer = this.#clock.timer(GATHER_MS, () => this.flush());
    return { rows: new Map(), written: Promise.withResolvers(), cancelTimer };
  }
}
