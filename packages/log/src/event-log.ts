/**
 * The EventLog port: topics of partitions of records, read by groups that commit offsets. Adapters: Kafka, and a local durable log
 * in one process. Both pass event-log.contract.ts.
 *
 * What an adapter promises:
 * - Records of one partition have offsets that only grow, without reuse, also after a crash; readers get them in that order.
 * - `send` resolves only when the record survives what the adapter's durability table says (docs/durability.md). Sends of one
 *   producer to one partition keep their order; when one fails, all that were queued behind it fail too, and none of those is in the log
 *   before a later one (rule 18). A failed send may still be in the log: the outcome is unknown.
 * - `timestampMs` is the log's own time of the append, never the producer's.
 * - A partition has one owner per group at a time as far as the log knows; an owner that lost it may not know yet. Commits of such
 *   an owner may be accepted or not: what is built on the log must be right either way.
 * - After an assignment reading starts at the group's committed offset. Batches of one partition come one after the other: the next
 *   when `onBatch` resolved. No partition waits for another.
 */

/** A record as it was read. */
export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The log's time of the append, in ms since 1970. */
  readonly timestampMs: number;
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** A record to append. The partition follows from the key alone (see partitionOf), unless given. */
export interface NewRecord {
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly partition?: number;
}

/** Where a record was appended. */
export interface Appended {
  readonly partition: number;
  readonly offset: number;
}

export interface Producer {
  /** Appends one record; batched per turn of the event loop. Rejects with a ClatterError UNAVAILABLE. */
  send(topic: string, record: NewRecord): Promise<Appended>;
}

/** A partition that this process got, as the log stood at that moment. */
export interface Assignment {
  readonly topic: string;
  readonly partition: number;
  /** The group's committed offset: the next to read. 0 where nothing was committed. */
  readonly committedOffset: number;
  /** One past the last record, as it was then. */
  readonly endOffset: number;
  /** One past the last record, now: others may have appended since. */
  currentEnd(): Promise<number>;
  /** Tells this log from one that was created anew under the same name (Kafka: cluster id and topic id). */
  readonly logId: string;
  /** Aborts when the partition is taken away or the consumer closes. */
  readonly signal: AbortSignal;
  /** Commits `offset` as the next to read; resolves when it is durable. Later calls may overtake earlier ones, the highest wins. */
  commit(offset: number): Promise<void>;
}

export interface PartitionConsumer {
  /**
   * Takes the next records, in order. Must not reject: what can fail is retried inside. If it does reject, the partition is halted
   * and `onHalt` is told.
   */
  onBatch(records: readonly LogRecord[]): Promise<void>;
  /** The partition is given up in good order: resolve when what was taken is done and committed. */
  stop(): Promise<void>;
}

export interface ConsumeOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Where a group that never committed starts; also where a group without commits (`ephemeral`) always starts. */
  readonly start: 'beginning' | 'end' | { readonly sinceMs: number };
  /** True: this process alone reads all partitions, nothing is committed (caches, broadcasts). */
  readonly ephemeral?: boolean;
  /** Largest number of records in one batch. */
  readonly batchRecordsMax?: number;
  /** Makes the consumer of a partition that was assigned. A rejection halts the partition, unless its signal has aborted. */
  assign(assignment: Assignment): Promise<PartitionConsumer>;
  /** A partition stopped for good, because of a bug or a log that is not the one it was. */
  onHalt?(topic: string, partition: number, error: unknown): void;
}

export interface Consumer {
  /** Resolves when the first assignment is made and, for an ephemeral reader, everything up to now was read. */
  ready(): Promise<void>;
  /** Stops each partition in good order and leaves the group. */
  close(): Promise<void>;
}

export interface EventLog {
  /** How many partitions a topic has. Throws for one that is not in the topic table. */
  partitions(topic: string): number;
  producer(): Producer;
  consume(options: ConsumeOptions): Consumer;
  /** Whether appends are accepted now; `false` with a reason while the broker or the disk is away. */
  health(): { readonly ok: boolean; readonly reason: string };
  close(): Promise<void>;
}
