/**
 * Fetches for the claims of one reader: one request at a time to each broker that leads some of them. The broker keeps the list of partitions
 * and offsets between requests (a fetch session), so that a request of a reader of 256 partitions that has nothing new to say is a few bytes.
 */
import { backoff, sleep } from '@clatter/runtime';
import type { KafkaClaim } from './kafka-claim.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { checkAnswer } from './kafka-link.ts';
import { partitionKey, startOffsets } from './kafka-offsets.ts';
import { decodeRecordBatches } from './kafka-records.ts';
import { type Fetched, type FetchedPartition, fetchRequest } from './kafka-requests.ts';

/** How long a broker waits for something new. A partition that begins meanwhile waits for the end of that. */
const WAIT_MS = 250;
/** The same while a partition takes no more for now: it is to be fetched of again soon after it does. */
const WAIT_FULL_MS = 25;
/** Fetches that bring something follow each other no closer than this, where the topic says nothing else, so that a busy log is read in batches. */
const LINGER_MS = 8;
const BYTES_MAX = 8 << 20;
/** Of one partition and request; a larger record comes alone. */
const PARTITION_BYTES_MAX = 256 << 10;
const RETRY = { baseMs: 50, maxMs: 1000 };

const OFFSET_OUT_OF_RANGE = 1;
/** The broker has forgotten the session, or its place in it. */
const SESSION_LOST = new Set([70, 71]);
/** Partition moved, topic gone or made anew: the metadata tells which. */
const ELSEWHERE = new Set([3, 5, 6, 9, 74, 76, 100, 103]);

/** What a broker knows of this reader. */
interface Session {
  id: number;
  epoch: number;
  /** What it was told of each partition: the next offset. */
  readonly told: Map<KafkaClaim, number>;
}

export class KafkaFetcher {
  readonly #cluster: KafkaCluster;
  readonly #purpose: string;
  readonly #ephemeral: boolean;
  readonly #lingerMs: number;
  readonly #claims = new Set<KafkaClaim>();
  readonly #loops = new Map<number, Promise<void>>();
  readonly #closing = new AbortController();
  #changed = Promise.withResolvers<void>();

  /** @param purpose names its connections @param ephemeral goes on at the first offset that is left where retention took what it was at */
  constructor(cluster: KafkaCluster, topics: readonly string[], purpose: string, ephemeral: boolean) {
    this.#cluster = cluster;
    this.#purpose = purpose;
    this.#ephemeral = ephemeral;
    this.#lingerMs = Math.min(...topics.map((topic) => cluster.topic(topic).lingerMs ?? LINGER_MS));
  }

  add(claim: KafkaClaim): void {
    this.#claims.add(claim);
    void claim.ended.then(() => {
      this.#claims.delete(claim);
      this.changed();
    });
    this.#run();
    this.changed();
  }

  /** A claim wants more, or no more. */
  changed(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.changed();
    await this.#cluster.closeLinks(this.#purpose);
    await Promise.all(this.#loops.values());
  }

  /** There is a loop for each broker that leads a claim. −1 leads those that have no leader now. */
  #run(): void {
    if (this.#closing.signal.aborted) return;
    for (const { topic, partition } of this.#claims) {
      const leader = this.#cluster.leaderOf(topic, partition);
      if (this.#loops.has(leader)) continue;
      const loop = leader < 0 ? this.#findLeaders() : this.#loop(leader);
      this.#loops.set(
        leader,
        loop.finally(() => {
          this.#loops.delete(leader);
          this.#run();
        }),
      );
    }
  }

  #ledBy(leader: number): KafkaClaim[] {
    return [...this.#claims].filter(({ topic, partition }) => this.#cluster.leaderOf(topic, partition) === leader);
  }

  async #findLeaders(): Promise<void> {
    await this.#cluster.refresh();
    for (const claim of this.#ledBy(-1)) this.#checkLog(claim);
    await sleep(this.#cluster.clock, RETRY.maxMs, this.#closing.signal);
  }

  async #loop(leader: number): Promise<void> {
    const session: Session = { id: 0, epoch: 0, told: new Map() };
    // What is added in the same turn goes along with the first request.
    await Promise.resolve();
    for (let failures = 0; !this.#closing.signal.aborted; ) {
      const changed = this.#changed.promise;
      const claims = this.#ledBy(leader);
      if (claims.length === 0) return;
      const wanting = claims.filter(({ wants }) => wants);
      if (wanting.length === 0) {
        await changed;
        continue;
      }
      try {
        const startedMs = performance.now();
        await this.#fetch(leader, session, wanting, wanting.length < claims.length ? WAIT_FULL_MS : WAIT_MS);
        failures = 0;
        const lingerMs = startedMs + this.#lingerMs - performance.now();
        if (lingerMs > 0) await sleep(this.#cluster.clock, lingerMs, this.#closing.signal);
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        forget(session);
        await this.#cluster.refresh();
        // That no broker answers is said once, by the cluster.
        if (failures === 0 && !this.#cluster.trouble)
          this.#cluster.logger.warn(
            { err: error, broker: leader },
            'a fetch failed; it is tried again until it succeeds',
          );
        for (const claim of this.#ledBy(leader)) this.#checkLog(claim);
        await sleep(this.#cluster.clock, backoff(failures++, RETRY), this.#closing.signal);
        this.#run();
      }
    }
  }

  async #fetch(leader: number, session: Session, wanting: readonly KafkaClaim[], maxWaitMs: number): Promise<void> {
    const wanted = new Set(wanting);
    const forgotten = [...session.told.keys()].filter((claim) => !wanted.has(claim));
    for (const claim of forgotten) session.told.delete(claim);
    const news = wanting.filter((claim) => session.told.get(claim) !== claim.fetchOffset);
    for (const claim of news) session.told.set(claim, claim.fetchOffset);
    const answer: Fetched = await this.#cluster.link(leader, this.#purpose).send(
      fetchRequest({
        maxWaitMs,
        bytesMax: BYTES_MAX,
        partitionBytesMax: PARTITION_BYTES_MAX,
        session,
        partitions: news.map(({ start, partition, fetchOffset, lastEpoch }) => ({
          topicId: start.topicId,
          partition,
          offset: fetchOffset,
          lastEpoch,
        })),
        forgotten: forgotten.map(({ start, partition }) => ({ topicId: start.topicId, partition })),
      }),
      maxWaitMs,
    );
    if (SESSION_LOST.has(answer.errorCode)) return forget(session);
    checkAnswer('a fetch', answer.errorCode);
    session.id = answer.sessionId;
    session.epoch = answer.sessionId === 0 ? 0 : session.epoch + 1;
    if (session.id === 0) session.told.clear();
    const byPartition = new Map(wanting.map((claim) => [`${claim.start.topicId} ${claim.partition}`, claim]));
    let moved = false;
    for (const fetched of answer.partitions) {
      const claim = byPartition.get(`${fetched.topicId} ${fetched.partition}`);
      if (!claim) continue;
      if (fetched.errorCode === OFFSET_OUT_OF_RANGE) await this.#outOfRange(claim);
      else if (!this.#take(claim, fetched)) moved = true;
    }
    if (moved) throw new Error('a partition has another leader, or its topic is gone');
  }

  /** False where the partition is not to be had from this broker. */
  #take(claim: KafkaClaim, fetched: FetchedPartition): boolean {
    const { topic, partition, fetchOffset } = claim;
    if (ELSEWHERE.has(fetched.errorCode)) return false;
    else if (fetched.divergesAt !== undefined)
      claim.halt(cut(claim, `it has another record from ${fetched.divergesAt} on`));
    else {
      checkAnswer(`a fetch of ${topic}/${partition}`, fetched.errorCode);
      claim.highWatermark = fetched.highWatermark;
      if (!fetched.records) return true;
      const { records, nextOffset, leaderEpoch } = decodeRecordBatches(fetched.records, topic, partition, fetchOffset);
      if (nextOffset === undefined || nextOffset <= fetchOffset) return true;
      claim.lastEpoch = leaderEpoch;
      claim.add(records, nextOffset);
    }
    return true;
  }

  /** The answer to the fetch does not say where the log begins. */
  async #outOfRange(claim: KafkaClaim): Promise<void> {
    const begins = await startOffsets(this.#cluster, [claim], 'beginning', new Map());
    const logStart = begins.get(partitionKey(claim)) as number;
    if (this.#ephemeral && logStart > claim.fetchOffset) claim.add([], logStart);
    else if (logStart > claim.fetchOffset)
      claim.halt(cut(claim, `it begins at ${logStart}: retention or somebody took what was not read`));
    else claim.halt(cut(claim, 'it ends before that: its end was lost'));
  }

  /** Halts a claim of a topic that was deleted and made anew. */
  #checkLog(claim: KafkaClaim): void {
    const now = this.#cluster.metadataOf(claim.topic);
    if (!now || now.id === claim.start.topicId) return;
    claim.halt(cut(claim, `the topic was deleted and made anew (id ${claim.start.topicId} then, ${now.id} now)`));
  }
}

function forget(session: Session): void {
  session.id = 0;
  session.epoch = 0;
  session.told.clear();
}

const cut = ({ topic, partition, fetchOffset }: KafkaClaim, why: string): Error =>
  new Error(`partition ${partition} of ${topic} is not the log it was: want offset ${fetchOffset}, but ${why}`);
