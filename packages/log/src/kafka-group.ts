/**
 * A reader that shares partitions with the other processes of its group. A partition that is asked back is drained, committed and given
 * up before its next owner gets it; one that was lost (no heartbeat for the length of a session) is dropped, and its signal aborts.
 */
import { type Clock, sleep } from '@clatter/runtime';
import type { ConsumeOptions, Consumer } from './event-log.ts';
import { KafkaClaim } from './kafka-claim.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { KafkaCommits } from './kafka-commits.ts';
import { KafkaFetcher } from './kafka-fetcher.ts';
import { KafkaMembership } from './kafka-membership.ts';
import { committedOffsets, endOffsets, partitionKey, startOffsets, type TopicPartition } from './kafka-offsets.ts';

/** How long a partition that is given up may take to finish; then it is dropped. */
const STOP_MS = 5000;
const RETRY_MS = 200;

export class KafkaGroup implements Consumer {
  readonly #cluster: KafkaCluster;
  readonly #options: ConsumeOptions;
  readonly #fetcher: KafkaFetcher;
  readonly #commits: KafkaCommits;
  readonly #membership: KafkaMembership;
  readonly #onClosed: () => void;
  readonly #ready = Promise.withResolvers<void>();
  readonly #claims = new Map<string, KafkaClaim>();
  #assigned = new Map<string, TopicPartition>();
  /** Counts generations, so that an answer that comes late is told. */
  #generation = 0;
  #closing: Promise<void> | undefined;

  constructor(cluster: KafkaCluster, options: ConsumeOptions, purpose: string, onClosed: () => void) {
    this.#cluster = cluster;
    this.#options = options;
    this.#onClosed = onClosed;
    this.#fetcher = new KafkaFetcher(cluster, options.topics, `fetch ${purpose}`, false);
    this.#commits = new KafkaCommits((offsets) => this.#sendCommits(offsets), cluster.clock);
    this.#membership = new KafkaMembership(cluster, options.group, options.topics, `group ${purpose}`, {
      owned: () => [...this.#claims.values()].map(({ topic, partition }) => ({ topic, partition })),
      assigned: (partitions) => this.#assign(partitions),
      lost: () => this.#lose(),
    });
  }

  ready(): Promise<void> {
    return this.#ready.promise;
  }

  get lag(): number {
    let lag = 0;
    for (const claim of this.#claims.values()) lag += claim.lag;
    return lag;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const claims = [...this.#claims.values()];
    const stopped = Promise.all(claims.map((claim) => claim.stop()));
    this.#commits.flush();
    await within(STOP_MS, stopped, this.#cluster.clock);
    // What waits for a commit still has it, or hears that there will be none.
    this.#generation++;
    await within(STOP_MS, this.#membership.leave(), this.#cluster.clock);
    this.#lose();
    await this.#fetcher.close();
    this.#ready.resolve();
    this.#onClosed();
  }

  #assign(partitions: readonly TopicPartition[]): void {
    this.#generation++;
    this.#assigned = new Map(partitions.map((one) => [partitionKey(one), one]));
    for (const [key, claim] of this.#claims) if (!this.#assigned.has(key)) void this.#giveUp(key, claim);
    this.#begin(this.#generation).catch((error) =>
      this.#cluster.logger.error({ err: error, group: this.#options.group }, 'an assignment broke: a bug'),
    );
  }

  /** Everything is somebody else's, or soon will be. */
  #lose(): void {
    this.#generation++;
    this.#assigned.clear();
    for (const claim of this.#claims.values()) claim.lose();
    this.#claims.clear();
  }

  /** Gives a partition up in good order, then has the group share out again. */
  async #giveUp(key: string, claim: KafkaClaim): Promise<void> {
    const stopped = claim.stop();
    this.#commits.flush();
    await within(STOP_MS, stopped, this.#cluster.clock);
    claim.lose();
    if (this.#claims.get(key) !== claim) return;
    this.#claims.delete(key);
    // It may have come back meanwhile.
    if (this.#assigned.has(key)) await this.#begin(this.#generation);
    else if (!this.#closing) this.#membership.rejoin();
  }

  /** Begins with the partitions that are new, tried again until it succeeds or they are new no more. */
  async #begin(generation: number): Promise<void> {
    for (let told = false; generation === this.#generation && !this.#closing; ) {
      const fresh = [...this.#assigned].filter(([key]) => !this.#claims.has(key)).map(([, one]) => one);
      try {
        if (fresh.length > 0) await this.#start(fresh, generation);
        this.#ready.resolve();
        return;
      } catch (error) {
        await this.#cluster.refresh();
        if (!told && !this.#cluster.trouble)
          this.#cluster.logger.warn({ err: error, group: this.#options.group }, 'offsets are asked for again');
        told = true;
        await sleep(this.#cluster.clock, RETRY_MS, this.#cluster.closing);
      }
    }
  }

  async #start(fresh: readonly TopicPartition[], generation: number): Promise<void> {
    const { group, start } = this.#options;
    const [committed, ends] = await Promise.all([
      committedOffsets(this.#cluster, this.#membership.coordinator(), group, fresh),
      endOffsets(this.#cluster, fresh),
    ]);
    const never = fresh.filter((one) => !committed.has(partitionKey(one)));
    const starts = never.length > 0 ? await startOffsets(this.#cluster, never, start, ends) : new Map<string, number>();
    if (generation !== this.#generation || this.#closing) return;
    for (const one of fresh) {
      const key = partitionKey(one);
      if (this.#claims.has(key)) continue;
      const topic = this.#cluster.metadataOf(one.topic);
      if (!topic) throw new Error(`topic ${this.#cluster.nameOf(one.topic)} is not there`);
      const committedOffset = committed.get(key) ?? (starts.get(key) as number);
      const claim: KafkaClaim = new KafkaClaim(
        one.topic,
        one.partition,
        {
          topicId: topic.id,
          logId: `${this.#cluster.clusterId}/${topic.id}`,
          committedOffset,
          endOffset: ends.get(key) as number,
        },
        this.#options,
        {
          logger: this.#cluster.logger,
          commit: (of, offset) => this.#commits.commit(of, offset),
          currentEnd: () => currentEnd(this.#cluster, one),
          changed: () => this.#fetcher.changed(),
        },
      );
      this.#claims.set(key, claim);
      this.#fetcher.add(claim);
      // So that the next owner starts there too, and not where the log ends by then.
      if (!committed.has(key) && start !== 'beginning')
        this.#commits.commit(claim, committedOffset).catch(() => undefined);
    }
  }

  async #sendCommits(offsets: ReadonlyMap<KafkaClaim, number>): Promise<readonly KafkaClaim[]> {
    const sent = [...offsets].map(([claim, offset]) => ({
      topic: claim.topic,
      partition: claim.partition,
      offset,
    }));
    const taken = new Set((await this.#membership.commit(sent)).map(partitionKey));
    return [...offsets.keys()].filter((claim) => taken.has(partitionKey(claim)));
  }
}

/** Tried again until it succeeds: whoever asks waits for the answer. */
export async function currentEnd(cluster: KafkaCluster, of: TopicPartition): Promise<number> {
  for (;;) {
    try {
      return (await endOffsets(cluster, [of])).get(partitionKey(of)) as number;
    } catch (error) {
      if (cluster.closing.aborted) throw error;
      await cluster.refresh();
      await sleep(cluster.clock, RETRY_MS, cluster.closing);
    }
  }
}

/** Waits for a promise, but not for ever. */
export async function within(ms: number, promise: Promise<unknown>, clock: Clock): Promise<void> {
  const timer = new AbortController();
  await Promise.race([promise, sleep(clock, ms, timer.signal)]);
  timer.abort();
}
