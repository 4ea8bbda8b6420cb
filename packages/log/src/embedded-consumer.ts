/** A reader of the embedded log: one loop per topic, each at its own pace. */
import type { Logger } from '@clatter/runtime';
import type { EmbeddedTopic } from './embedded-topic.ts';
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
  /** First offset of a chunk that has a record of that time or later. */
  offsetSince(topic: string, sinceMs: number): Promise<number>;
  onClosed(): void;
}

export class EmbeddedConsumer implements Consumer {
  readonly #options: ConsumeOptions;
  readonly #log: EmbeddedConsumerLog;
  readonly #stop = new AbortController();
  readonly #ready: Promise<void>;
  readonly #loops: Promise<void>[];

  constructor(options: ConsumeOptions, topics: readonly EmbeddedTopic[], log: EmbeddedConsumerLog) {
    this.#options = options;
    this.#log = log;
    const ready: Promise<void>[] = [];
    this.#loops = topics.map((topic) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      ready.push(promise);
      return this.#run(topic, resolve).catch((error) => {
        resolve();
        this.#log.logger.error({ err: error, topic: topic.topic.name }, 'a partition is halted');
        this.#options.onHalt?.(topic.topic.name, 0, error);
      });
    });
    this.#ready = Promise.all(ready).then(() => undefined);
  }

  ready(): Promise<void> {
    return this.#ready;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#loops);
    this.#log.onClosed();
  }

  async #run(topic: EmbeddedTopic, ready: () => void): Promise<void> {
    const { name } = topic.topic;
    const { ephemeral = false, batchRecordsMax = BATCH_RECORDS_MAX } = this.#options;
    const endOffset = topic.endOffset;
    let next = await this.#start(topic);
    const lost = new AbortController();
    const assignment: Assignment = {
      topic: name,
      partition: 0,
      committedOffset: next,
      endOffset,
      currentEnd: async () => topic.endOffset,
      logId: this.#log.logId,
      signal: lost.signal,
      commit: (offset) => (ephemeral ? Promise.resolve() : this.#log.commit(name, offset)),
    };
    const consumer: PartitionConsumer = await this.#options.assign(assignment);
    const { signal } = this.#stop;
    let giveUp: NodeJS.Timeout | undefined;
    signal.addEventListener('abort', () => {
      giveUp = setTimeout(() => lost.abort(), STOP_MS);
    });
    try {
      if (!ephemeral || next >= endOffset) ready();
      while (!signal.aborted) {
        const found = topic.read(next, batchRecordsMax);
        const records = Array.isArray(found) ? found : await found;
        const last = records.at(-1);
        if (!last) {
          await topic.arrival(next, signal);
          continue;
        }
        await consumer.onBatch(records);
        next = last.offset + 1;
        if (ephemeral && next >= endOffset) ready();
      }
      await consumer.stop();
    } finally {
      clearTimeout(giveUp);
      lost.abort();
    }
  }

  async #start(topic: EmbeddedTopic): Promise<number> {
    const { start, ephemeral } = this.#options;
    const committed = ephemeral ? undefined : this.#log.committed(topic.topic.name);
    if (committed !== undefined) return committed;
    if (start === 'beginning') return 0;
    if (start === 'end') return topic.endOffset;
    return this.#log.offsetSince(topic.topic.name, start.sinceMs);
  }
}
