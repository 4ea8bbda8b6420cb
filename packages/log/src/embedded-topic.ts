/**
 * One topic of the embedded log: a single partition. Its newest records are in memory, because they are not on disk yet or a reader has
 * them still before it; older ones are chunks in storage.
 */
import type { Clock } from '@clatter/runtime';
import { decodeChunk, encodeChunk } from './chunk.ts';
import type { LogRecord, NewRecord } from './event-log.ts';
import type { AddOp, Statement, Storage } from './storage.ts';
import type { Topic } from './topics.ts';

/** What records on disk may take in memory for readers that are behind; past it they read from disk. */
const RECENT_BYTES_MAX = 16 << 20;
/** What a record takes beside its value. */
const RECORD_BYTES = 400;
/** A chunk is cut here, so that reading one back stays bounded. */
const CHUNK_BYTES_MAX = 1 << 20;

/** Offsets of one topic: its chunks have the keys number · 2^40 + base offset. */
export const TOPIC_OFFSETS = 2 ** 40;

export const TOPIC_TABLES = `
  CREATE TABLE log_topics (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  -- total_bytes: of the topic's chunks up to and with this one, since it began.
  CREATE TABLE log_chunks (key INTEGER PRIMARY KEY, count INTEGER NOT NULL, last_ms INTEGER NOT NULL, total_bytes INTEGER NOT NULL, records BLOB NOT NULL);`;

/** How far a reader got: records below `next` are not kept for it. */
export interface Cursor {
  next: number;
}

export interface TopicStatements {
  readonly insert: Statement;
  /** The newest chunk in a range of keys, downwards from its end. */
  readonly last: Statement;
  /** The oldest chunks in a range of keys. */
  readonly first: Statement;
  /** The newest chunk in a range of keys that is all older than a time. */
  readonly before: Statement;
}

export const topicStatements = (storage: Storage): TopicStatements => ({
  insert: storage.statement('INSERT INTO log_chunks VALUES (?, ?, ?, ?, ?)'),
  last: storage.statement(
    'SELECT key, count, last_ms, total_bytes, records FROM log_chunks WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT 1',
  ),
  first: storage.statement(
    'SELECT key, count, last_ms, total_bytes, records FROM log_chunks WHERE key BETWEEN ? AND ? ORDER BY key LIMIT 16',
  ),
  before: storage.statement(
    'SELECT key, count FROM log_chunks WHERE key BETWEEN ? AND ? AND last_ms < ? ORDER BY key DESC LIMIT 1',
  ),
});

export class EmbeddedTopic {
  readonly topic: Topic;
  /** Key of offset 0. */
  readonly base: number;
  readonly #storage: Storage;
  readonly #statements: TopicStatements;
  readonly #clock: Clock;
  /** Offset of the next record. */
  #endOffset = 0;
  /** Everything below is on disk. */
  #durableEnd = 0;
  #lastMs = 0;
  /** Of all chunks so far, deleted ones too. */
  #totalBytes = 0;
  #recent: LogRecord[] = [];
  #recentBytes = 0;
  #volatileBytes = 0;
  readonly #cursors = new Set<Cursor>();
  #waiting: (() => void)[] = [];

  private constructor(topic: Topic, number: number, storage: Storage, statements: TopicStatements, clock: Clock) {
    this.topic = topic;
    this.base = number * TOPIC_OFFSETS;
    this.#storage = storage;
    this.#statements = statements;
    this.#clock = clock;
  }

  static async open(
    topic: Topic,
    number: number,
    storage: Storage,
    statements: TopicStatements,
    clock: Clock,
  ): Promise<EmbeddedTopic> {
    const opened = new EmbeddedTopic(topic, number, storage, statements, clock);
    const [last] = await storage.read(statements.last, [opened.base, opened.#lastKey]);
    if (last) {
      opened.#endOffset = opened.#durableEnd = (last[0] as number) - opened.base + (last[1] as number);
      opened.#lastMs = last[2] as number;
      opened.#totalBytes = last[3] as number;
    }
    return opened;
  }

  get endOffset(): number {
    return this.#endOffset;
  }

  /** Bytes of records that are not on disk yet. */
  get volatileBytes(): number {
    return this.#volatileBytes;
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  get #lastKey(): number {
    return this.base + TOPIC_OFFSETS - 1;
  }

  get #recentFrom(): number {
    return this.#endOffset - this.#recent.length;
  }

  append({ key, value, headers = {} }: NewRecord): number {
    const timestampMs = Math.max(this.#lastMs, this.#clock.nowMs());
    this.#lastMs = timestampMs;
    const offset = this.#endOffset++;
    this.#recent.push({ topic: this.topic.name, partition: 0, offset, timestampMs, key, value, headers });
    this.#recentBytes += value.length + RECORD_BYTES;
    this.#volatileBytes += value.length + RECORD_BYTES;
    if (this.#waiting.length > 0) for (const wake of this.#waiting.splice(0)) wake();
    return offset;
  }

  /** Adds the records that are not on disk to a group; the returned function is called when they are. */
  contribute(add: AddOp): (() => void) | undefined {
    if (this.#durableEnd === this.#endOffset) return undefined;
    const until = this.#endOffset;
    const bytes = this.#volatileBytes;
    const fresh = this.#recent.slice(this.#durableEnd - until);
    for (let from = 0; from < fresh.length; ) {
      let to = from;
      for (let size = 0; to < fresh.length && size < CHUNK_BYTES_MAX; to++)
        size += (fresh[to] as LogRecord).value.length;
      const chunk = from === 0 && to === fresh.length ? fresh : fresh.slice(from, to);
      const { offset } = chunk[0] as LogRecord;
      const { timestampMs } = chunk.at(-1) as LogRecord;
      const encoded = encodeChunk(chunk);
      this.#totalBytes += encoded.length;
      add(this.#statements.insert, [this.base + offset, chunk.length, timestampMs, this.#totalBytes, encoded]);
      from = to;
    }
    return () => {
      this.#durableEnd = until;
      this.#volatileBytes -= bytes;
      this.#forget();
    };
  }

  /** Keeps records in memory for a reader from its `next` on, as far as memory allows; until `detach`. */
  attach(cursor: Cursor): void {
    this.#cursors.add(cursor);
  }

  detach(cursor: Cursor): void {
    this.#cursors.delete(cursor);
  }

  /** Records from `offset` on, at most `max`: from memory at once, else from disk. Empty at the end. */
  read(offset: number, max: number): readonly LogRecord[] | Promise<readonly LogRecord[]> {
    const from = offset - this.#recentFrom;
    if (from >= 0) return this.#recent.slice(from, from + max);
    return this.#readChunks(offset, max);
  }

  /** Resolves when there is a record at `offset`, or the signal aborts. */
  async arrival(offset: number, signal: AbortSignal): Promise<void> {
    while (offset >= this.#endOffset && !signal.aborted)
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.push(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
  }

  /** The first record of that time or later; the end where there is none. */
  async offsetSince(sinceMs: number): Promise<number> {
    const [older] = await this.#storage.read(this.#statements.before, [this.base, this.#lastKey, sinceMs]);
    const from = older ? (older[0] as number) - this.base + (older[1] as number) : 0;
    const records = await this.read(from, Number.POSITIVE_INFINITY);
    const next = records.find((record) => record.timestampMs >= sinceMs) ?? records.at(-1);
    if (!next) return from;
    return next.timestampMs >= sinceMs ? next.offset : next.offset + 1;
  }

  /** From the chunk that holds `offset`; where retention deleted it, from the first one after it. */
  async #readChunks(offset: number, max: number): Promise<readonly LogRecord[]> {
    const { base, topic } = this;
    const [holding] = await this.#storage.read(this.#statements.last, [base, base + offset]);
    const after = await this.#storage.read(this.#statements.first, [base + offset + 1, this.#lastKey]);
    const records: LogRecord[] = [];
    for (const [key, , , , bytes] of holding ? [holding, ...after] : after) {
      if (records.length >= max) break;
      const chunk = decodeChunk(bytes as Uint8Array, topic.name, 0, (key as number) - base);
      for (const record of chunk) if (record.offset >= offset && records.length < max) records.push(record);
    }
    // Nothing on disk: what was in memory a moment ago still is, or was deleted.
    return records.length > 0 ? records : this.#recent.slice(0, max);
  }

  /** Lets records go that are on disk and that no reader is about to read. */
  #forget(): void {
    let keepFrom = this.#durableEnd;
    if (this.#recentBytes - this.#volatileBytes <= RECENT_BYTES_MAX)
      for (const cursor of this.#cursors) keepFrom = Math.min(keepFrom, cursor.next);
    const surplus = keepFrom - this.#recentFrom;
    if (surplus <= 0) return;
    for (const record of this.#recent.splice(0, surplus)) this.#recentBytes -= record.value.length + RECORD_BYTES;
  }
}
