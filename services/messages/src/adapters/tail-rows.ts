/**
 * The newest rows of conversations that were read lately, so that a list, a sync or a page that is asked for again costs no query. Bounded in
 * bytes; least recently used goes first.
 *
 * Exact where one process has all writes: a write that stands takes the rows of its conversations out, before anybody is told that it
 * stands. What was read meanwhile may be from before it, and is not kept: `begin` leaves a mark, which the write takes out too.
 */
import { LRUCache } from 'lru-cache';
import type { LogRow } from '../ports.ts';

const BYTES_MAX = 32 << 20;
/** A page, and one more that tells whether there is more. */
const ROWS_MAX = 101;
/** What a row takes beside its event. */
const ROW_BYTES = 400;

interface Tail {
  /** All rows from this seq on are here. */
  readonly fromSeq: number;
  /** Ascending, to the newest. */
  readonly rows: readonly LogRow[];
}

/** A read of a conversation's newest rows that is under way. */
export type Reading = object;

export class TailRows {
  readonly #tails: LRUCache<string, Tail | Reading>;

  constructor(bytesMax = BYTES_MAX) {
    this.#tails = new LRUCache({
      maxSize: bytesMax,
      sizeCalculation: (tail) =>
        'rows' in tail
          ? tail.rows.reduce((bytes, { event }) => bytes + event.length + ROW_BYTES, ROW_BYTES)
          : ROW_BYTES,
    });
  }

  /** The newest `limit` rows from `fromSeq` on, where they are here. */
  newest(conversationId: string, fromSeq: number, limit: number): LogRow[] | undefined {
    const tail = this.#tails.get(conversationId);
    if (!tail || !('rows' in tail) || (tail.fromSeq > fromSeq && tail.rows.length < limit)) return undefined;
    return tail.rows.slice(-limit).filter(({ seq }) => seq >= fromSeq);
  }

  /** Before the rows are read. */
  begin(conversationId: string, limit: number): Reading | undefined {
    if (limit > ROWS_MAX) return undefined;
    const reading = {};
    this.#tails.set(conversationId, reading);
    return reading;
  }

  /** What was read: the newest `limit` rows from `fromSeq` on. Kept where no write stood since. */
  end(
    conversationId: string,
    reading: Reading | undefined,
    fromSeq: number,
    limit: number,
    rows: readonly LogRow[],
  ): void {
    if (!reading || this.#tails.peek(conversationId) !== reading) return;
    const first = rows.length < limit ? fromSeq : (rows[0]?.seq ?? fromSeq);
    this.#tails.set(conversationId, { fromSeq: first, rows });
  }

  /** A write to it stands. */
  forget(conversationId: string): void {
    this.#tails.delete(conversationId);
  }
}
