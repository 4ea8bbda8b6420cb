/**
 * One reader's hold of one partition of Kafka: a queue of what was fetched, and a loop that hands it over batch by batch. It is ended in
 * good order (`stop`), because it was lost (`lose`), or because something is wrong with the log or its reader (`halt`).
 */
import type { Logger } from '@clatter/runtime';
import type { Assignment, ConsumeOptions, LogRecord, PartitionConsumer } from './event-log.ts';

const BATCH_RECORDS_MAX = 2000;
/** Bytes that wait in one partition; past it no more are fetched of it. */
const QUEUE_BYTES_MAX = 512 << 10;
/** What a record takes beside its value. */
const RECORD_BYTES = 100;

export interface ClaimStart {
  readonly topicId: string;
  readonly logId: string;
  readonly committedOffset: number;
  readonly endOffset: number;
}

/** What a claim needs of its reader. */
export interface ClaimHooks {
  readonly logger: Logger;
  commit(claim: KafkaClaim, offset: number): Promise<void>;
  currentEnd(claim: KafkaClaim): Promise<number>;
  /** It wants more, or no more. */
  changed(): void;
}

export class KafkaClaim {
  readonly topic: string;
  readonly partition: number;
  readonly start: ClaimStart;
  /** Resolves when everything up to the end, as it was at the start, was handled; or when it ended. */
  readonly caughtUp: Promise<void>;
  /** Resolves when nothing of it runs any more. */
  readonly ended: Promise<void>;
  /** The next offset to fetch. */
  fetchOffset: number;
  /** Leader epoch of the last record that was fetched. */
  lastEpoch = -1;
  highWatermark: number;
  readonly #options: ConsumeOptions;
  readonly #hooks: ClaimHooks;
  readonly #aborter = new AbortController();
  readonly #caughtUp = Promise.withResolvers<void>();
  #queue: LogRecord[] = [];
  #queuedBytes = 0;
  /** The next offset to hand over. */
  #next: number;
  #stopping = false;
  #halted = false;
  #wake: (() => void) | undefined;

  constructor(topic: string, partition: number, start: ClaimStart, options: ConsumeOptions, hooks: ClaimHooks) {
    this.topic = topic;
    this.partition = partition;
    this.start = start;
    this.#options = options;
    this.#hooks = hooks;
    this.fetchOffset = this.#next = start.committedOffset;
    this.highWatermark = start.endOffset;
    this.caughtUp = this.#caughtUp.promise;
    this.ended = this.#run();
  }

  /** Whether to fetch of it. */
  get wants(): boolean {
    return !this.#stopping && !this.#halted && !this.lost && this.#queuedBytes < QUEUE_BYTES_MAX;
  }

  get lost(): boolean {
    return this.#aborter.signal.aborted;
  }

  /** Whether it is being given up in good order. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** How many records it is behind. */
  get lag(): number {
    return Math.max(0, this.highWatermark - this.#next);
  }

  add(records: readonly LogRecord[], nextOffset: number): void {
    this.fetchOffset = nextOffset;
    if (records.length === 0) return;
    for (const record of records) {
      this.#queue.push(record);
      this.#queuedBytes += record.value.length + RECORD_BYTES;
    }
    this.#wake?.();
  }

  /** Gives it up in good order: hands over no further batch; resolves when what was taken is done. */
  stop(): Promise<void> {
    this.#stopping = true;
    this.#wake?.();
    this.#hooks.changed();
    return this.ended;
  }

  /** Somebody else has it, or may have it soon. */
  lose(): void {
    this.#aborter.abort();
    this.#wake?.();
    this.#hooks.changed();
  }

  onLost(tell: () => void): void {
    this.#aborter.signal.addEventListener('abort', tell, { once: true });
  }

  /** Reads no more of it, and says why. */
  halt(error: unknown): void {
    // Whoever lost the partition meanwhile may give up with an error.
    if (this.#halted || this.lost) return;
    this.#halted = true;
    const { topic, partition } = this;
    this.#hooks.logger.error({ err: error, topic, partition }, 'a partition is halted');
    this.#options.onHalt?.(topic, partition, error);
    this.#caughtUp.resolve();
    this.#wake?.();
    this.#hooks.changed();
  }

  async #run(): Promise<void> {
    try {
      const consumer = await this.#options.assign(this.#assignment());
      this.#moved();
      await this.#handOver(consumer);
      if (!this.lost && !this.#halted) await consumer.stop();
    } catch (error) {
      this.halt(error);
    } finally {
      this.#queue = [];
      this.#queuedBytes = 0;
      this.#caughtUp.resolve();
    }
  }

  async #handOver(consumer: PartitionConsumer): Promise<void> {
    const { batchRecordsMax = BATCH_RECORDS_MAX } = this.#options;
    while (!this.#stopping && !this.#halted && !this.lost) {
      if (this.#queue.length === 0) {
        await this.#arrival();
        continue;
      }
      const batch = this.#queue.length <= batchRecordsMax ? this.#queue : this.#queue.slice(0, batchRecordsMax);
      // What comes while the batch is handled is the next.
      this.#queue = this.#queue.slice(batch.length);
      await consumer.onBatch(batch);
      this.#took(batch);
    }
  }

  #took(batch: readonly LogRecord[]): void {
    const full = this.#queuedBytes >= QUEUE_BYTES_MAX;
    for (const { value } of batch) this.#queuedBytes -= value.length + RECORD_BYTES;
    this.#next = (batch.at(-1) as LogRecord).offset + 1;
    this.#moved();
    if (full && this.wants) this.#hooks.changed();
  }

  #moved(): void {
    if (this.#next >= this.start.endOffset) this.#caughtUp.resolve();
  }

  async #arrival(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }

  #assignment(): Assignment {
    const { topic, partition } = this;
    const { committedOffset, endOffset, logId } = this.start;
    return {
      topic,
      partition,
      committedOffset,
      endOffset,
      logId,
      signal: this.#aborter.signal,
      currentEnd: () => this.#hooks.currentEnd(this),
      commit: (offset) => this.#hooks.commit(this, offset),
    };
  }
}
