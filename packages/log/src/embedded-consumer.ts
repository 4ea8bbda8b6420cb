/** A reader of the embedded log: one loop per topic, each at its own pace. */
import type { Logger } from '@clatter/runtime';
import type { Cursor, EmbeddedTopic } from './embedded-topic.ts';
import type { Assignment, ConsumeOptions, Consumer, PartitionConsumer } from './event-log.ts';

const BATCH_RECORDS_MAX = 2000;
/** How long a batch may take to finish after close; then its partition is taken away from it. */
const STOP_MS = 5000;

/** What a reader needs of its log. */
export interface EmbeddedConsumerLog {
  readonly logId: string;
  readonly logger: Logger;
  committed(topic: string): number | undefined;
  commit(topic: string, next: number): Promise<void>;
  /** Asks for the commits to be written now. */
  flushCommits(): void;
  onClosed(): void;
}

export class EmbeddedConsumer implements Consumer {
  readonly #options: ConsumeOptions;
  readonly #log: EmbeddedConsumerLog;
  readonly #stop = new AbortController();
  readonly #lost = new AbortController();
  readonly #ready: Promise<unknown>;
  readonly #loops: Promise<void>[];
  #closing: Promise<void> | undefined;

  constructor(options: ConsumeOptions, topics: readonly EmbeddedTopic[], log: EmbeddedConsumerLog) {
    this.#options = options;
    this.#log = log;
    const ready: Promise<void>[] = [];
    this.#loops = topics.map((topic) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      ready.push(promise);
      return this.#run(topic, resolve)
        .catch((error) => this.#halt(topic.topic.name, error))
        .finally(resolve);
    });
    this.#ready = Promise.all(ready);
  }

  async ready(): Promise<void> {
    await this.#ready;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    this.#log.flushCommits();
    const { promise: givenUp, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, STOP_MS);
    // A batch that waits for a disk that is full does not keep the process from stopping.
    await Promise.race([Promise.all(this.#loops), givenUp]);
    clearTimeout(timer);
    this.#lost.abort();
    this.#log.onClosed();
  }

  /** Whoever lost the partition meanwhile may give up with an error. */
  #halt(topic: string, error: unknown): void {
    if (this.#lost.signal.aborted) return;
    this.#log.logger.error({ err: error, topic }, 'a partition is halted');
    this.#options.onHalt?.(topic, 0, error);
  }

  async #run(topic: EmbeddedTopic, ready: () => void): Promise<void> {
    const { ephemeral = false } = this.#options;
    const { endOffset } = topic;
    const cursor: Cursor = { next: await this.#start(topic) };
    topic.attach(cursor);
    try {
      const consumer = await this.#options.assign(this.#assignment(topic, cursor.next, endOffset));
      if (!ephemeral || cursor.next >= endOffset) ready();
      await this.#read(topic, cursor, consumer, () => {
        if (cursor.next >= endOffset) ready();
      });
      await consumer.stop();
    } finally {
      topic.detach(cursor);
    }
  }

  async #read(topic: EmbeddedTopic, cursor: Cursor, consumer: PartitionConsumer, moved: () => void): Promise<void> {
    const { batchRecordsMax = BATCH_RECORDS_MAX } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const found = topic.read(cursor.next, batchRecordsMax);
      const records = found instanceof Promise ? await found : found;
      const last = records.at(-1);
      if (!last) {
        await topic.arrival(cursor.next, signal);
        continue;
      }
      if (signal.aborted) return;
      await consumer.onBatch(records);
      cursor.next = last.offset + 1;
      moved();
    }
  }

  #assignment(topic: EmbeddedTopic, committedOffset: number, endOffset: number): Assignment {
    const { name } = topic.topic;
    return {
      topic: name,
      partition: 0,
      committedOffset,
      endOffset,
      currentEnd: async () => topic.endOffset,
      logId: this.#log.logId,
      signal: this.#lost.signal,
      commit: async (offset) => {
        if (this.#options.ephemeral) return;
        const written = this.#log.commit(name, offset);
        if (this.#stop.signal.aborted) this.#log.flushCommits();
        await written;
      },
    };
  }

  async #start(topic: EmbeddedTopic): Promise<number> {
    const { start, ephemeral } = this.#options;
    const committed = ephemeral ? undefined : this.#log.committed(topic.topic.name);
    if (committed !== undefined) return committed;
    if (start === 'beginning') return 0;
    if (start === 'end') return topic.endOffset;
    return topic.offsetSince(start.sinceMs);
  }
}
