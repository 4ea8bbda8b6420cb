/** A reader of its own: all partitions of its topics, in no group, committing nothing. Each partition is read from an offset that it asks for. */
import { backoff, sleep } from '@clatter/runtime';
import type { ConsumeOptions, Consumer } from './event-log.ts';
import { KafkaClaim } from './kafka-claim.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { KafkaFetcher } from './kafka-fetcher.ts';
import { currentEnd, within } from './kafka-group.ts';
import { endOffsets, partitionKey, startOffsets, type TopicPartition } from './kafka-offsets.ts';

const STOP_MS = 5000;
const RETRY = { baseMs: 100, maxMs: 2000 };

export class KafkaEphemeralReader implements Consumer {
  readonly #cluster: KafkaCluster;
  readonly #options: ConsumeOptions;
  readonly #fetcher: KafkaFetcher;
  readonly #onClosed: () => void;
  readonly #stop = new AbortController();
  readonly #begun: Promise<void>;
  #claims: readonly KafkaClaim[] = [];
  #closing: Promise<void> | undefined;

  constructor(cluster: KafkaCluster, options: ConsumeOptions, purpose: string, onClosed: () => void) {
    this.#cluster = cluster;
    this.#options = options;
    this.#onClosed = onClosed;
    this.#fetcher = new KafkaFetcher(cluster, options.topics, `fetch ${purpose}`, true);
    this.#begun = this.#begin();
  }

  async ready(): Promise<void> {
    await this.#begun;
    await Promise.all(this.#claims.map(({ caughtUp }) => caughtUp));
  }

  get lag(): number {
    return this.#claims.reduce((lag, claim) => lag + claim.lag, 0);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    await within(STOP_MS, this.#begun, this.#cluster.clock);
    await within(STOP_MS, Promise.all(this.#claims.map((claim) => claim.stop())), this.#cluster.clock);
    for (const claim of this.#claims) claim.lose();
    await this.#fetcher.close();
    this.#onClosed();
  }

  async #begin(): Promise<void> {
    for (let failures = 0; !this.#stop.signal.aborted; failures++) {
      await this.#cluster.usable(this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      try {
        return await this.#start();
      } catch (error) {
        await this.#cluster.refresh();
        if (failures === 0 && !this.#cluster.trouble)
          this.#cluster.logger.warn({ err: error, topics: this.#options.topics }, 'offsets are asked for again');
        await sleep(this.#cluster.clock, backoff(failures, RETRY), this.#stop.signal);
      }
    }
  }

  async #start(): Promise<void> {
    const of: TopicPartition[] = this.#options.topics.flatMap((topic) =>
      Array.from({ length: this.#cluster.topic(topic).partitions }, (_, partition) => ({ topic, partition })),
    );
    const ends = await endOffsets(this.#cluster, of);
    const starts = await startOffsets(this.#cluster, of, this.#options.start, ends);
    if (this.#stop.signal.aborted) return;
    this.#claims = of.map((one) =>
      this.#claim(one, starts.get(partitionKey(one)) as number, ends.get(partitionKey(one)) as number),
    );
    for (const claim of this.#claims) this.#fetcher.add(claim);
  }

  #claim(one: TopicPartition, committedOffset: number, endOffset: number): KafkaClaim {
    const { id: topicId = '' } = this.#cluster.metadataOf(one.topic) ?? {};
    return new KafkaClaim(
      one.topic,
      one.partition,
      { topicId, logId: `${this.#cluster.clusterId}/${topicId}`, committedOffset, endOffset },
      this.#options,
      {
        logger: this.#cluster.logger,
        commit: async () => undefined,
        currentEnd: () => currentEnd(this.#cluster, one),
        changed: () => this.#fetcher.changed(),
      },
    );
  }
}
