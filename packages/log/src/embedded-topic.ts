/**
 * One topic of the embedded log: a single partition. Its newest records are in memory, for readers that keep up and because they may not
 * be on disk yet; older ones are chunks in storage.
 */
import type { Clock } from '@clatter/runtime';
import { decodeChunk, encodeChunk } from './chunk.ts';
import type { LogRecord, NewRecord } from './event-log.ts';
import type { AddOp, Statement, Storage } from './storage.ts';
import type { Topic } from './topics.ts';

/** Records kept in memory beyond those that are not on disk yet. */
const RECENT_MAX = 4096;
const RECENT_BYTES_MAX = 16 << 20;
/** A chunk is cut here, so that reading one back stays bounded. */
const CHUNK_BYTES_MAX = 1 << 20;

export const TOPIC_TABLES = [
  // key = number of the topic · 2^40 + base offset; one row per topic and group commit.
  `CREATE TABLE log_topics (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
   CREATE TABLE log_chunks (key INTEGER PRIMARY KEY, count INTEGER NOT NULL, last_ms INTEGER NOT NULL, records BLOB NOT NULL);
   CREATE TABLE log_commits (reader_group TEXT NOT NULL, topic TEXT NOT NULL, next_offset INTEGER NOT NULL, PRIMARY KEY (reader_group, topic)) WITHOUT ROWID;
   CREATE TABLE log_identity (log_id TEXT NOT NULL);`,
];

export const TOPIC_OFFSETS = 2 ** 40;

export interface ChunkStatements {
  readonly insert: Statement;
  /** The newest chunk at or below a key. */
  readonly at: Statement;
  /** The oldest chunk above a key. */
  readonly after: Statement;
}

export class EmbeddedTopic {
  readonly topic: Topic;
  readonly #number: number;
  readonly #storage: Storage;
  readonly #statements: ChunkStatements;
  readonly #clock: Clock;
  /** Offset of the next record. */
  endOffset: number;
  /** Everything below is on disk. */
  #durableEnd: number;
  #lastMs: number;
  #recent: LogRecord[] = [];
  #recentBytes = 0;
  #waiting: (() => void)[] = [];

  constructor(
    topic: Topic,
    number: number,
    endOffset: number,
    lastMs: number,
    storage: Storage,
    statements: ChunkStatements,
    clock: Clock,
  ) {
    this.topic = topic;
    this.#number = number;
    this.endOffset = endOffset;
    this.#durableEnd = endOffset;
    this.#lastMs = lastMs;
    this.#storage = storage;
    this.#statements = statements;
    this.#clock = clock;
  }

  /** Bytes of records that are not on disk yet. */
  get volatileBytes(): number {
    return this.endOffset === this.#durableEnd ? 0 : this.#recentBytes;
  }

  append({ key, value, headers = {} }: NewRecord): number {
    const timestampMs = Math.max(this.#lastMs, this.#clock.nowMs());
    this.#lastMs = timestampMs;
    const offset = this.endOffset++;
    this.#recent.push({ topic: this.topic.name, partition: 0, offset, timestampMs, key, value, headers });
    this.#recentBytes += value.length + 200;
    if (this.#waiting.length > 0) for (const wake of this.#waiting.splice(0)) wake();
    return offset;
  }

  /** Adds the records that are not on disk to a group; the returned function is called when they are. */
  contribute(add: AddOp): (() => void) | undefined {
    if (this.#durableEnd === this.endOffset) return undefined;
    const until = this.endOffset;
    const fresh = this.#recent.slice(this.#durableEnd - until);
    for (let from = 0; from < fresh.length; ) {
      let to = from;
      for (let bytes = 0; to < fresh.length && bytes < CHUNK_BYTES_MAX; to++)
        bytes += (fresh[to] as LogRecord).value.length;
      const chunk = fresh.slice(from, to);
      const first = chunk[0] as LogRecord;
      const last = chunk.at(-1) as LogRecord;
      add(this.#statements.insert, [
        this.#number * TOPIC_OFFSETS + first.offset,
        chunk.length,
        last.timestampMs,
        encodeChunk(chunk),
      ]);
      from = to;
    }
    return () => {
      this.#durableEnd = until;
      this.#forget();
    };
  }

  /** Records from `offset` on, at most `max`: from memory at once, else from disk. Empty at the end. */
  read(offset: number, max: number): readonly LogRecord[] | Promise<readonly LogRecord[]> {
    const recentFrom = this.endOffset - this.#recent.length;
    if (offset >= recentFrom) return this.#recent.slice(offset - recentFrom, offset - recentFrom + max);
    return this.#readChunk(offset, max);
  }

  /** Resolves when there is a record at `offset`, or the signal aborts. */
  async arrival(offset: number, signal: AbortSignal): Promise<void> {
    while (offset >= this.endOffset && !signal.aborted)
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.push(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
  }

  /** From the chunk that holds `offset`; where retention deleted it, from the first one after it. */
  async #readChunk(offset: number, max: number): Promise<readonly LogRecord[]> {
    const base = this.#number * TOPIC_OFFSETS;
    for (const statement of [this.#statements.at, this.#statements.after]) {
      const [row] = await this.#storage.read(
        statement,
        statement === this.#statements.at ? [base + offset, base] : [base + offset, base + TOPIC_OFFSETS],
      );
      if (!row) continue;
      const baseOffset = (row[0] as number) - base;
      const wanted = decodeChunk(row[3] as Uint8Array, this.topic.name, 0, baseOffset).filter(
        (record) => record.offset >= offset,
      );
      if (wanted.length > 0) return wanted.slice(0, max);
    }
    return this.#recent.slice(0, max);
  }

  #forget(): void {
    const recentFrom = this.endOffset - this.#recent.length;
    const durable = this.#durableEnd - recentFrom;
    const surplus = Math.min(
      durable,
      Math.max(this.#recent.length - RECENT_MAX, this.#recentBytes > RECENT_BYTES_MAX ? durable : 0),
    );
    if (surplus <= RECENT_MAX / 4 && this.#recentBytes <= RECENT_BYTES_MAX) return;
    for (const record of this.#recent.splice(0, surplus)) this.#recentBytes -= record.value.length + 200;
  }
}
