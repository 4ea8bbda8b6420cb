/**
 * Appends to Kafka. What is sent in one turn of the event loop goes out together, or in one LINGER_MS when it is busy, one request per
 * broker; a partition has one batch under way, and what comes meanwhile is the next.
 *
 * A batch is tried again, byte for byte, until PRODUCE_MS have passed. To topics with `acks: all` it carries a producer id, an epoch and
 * a sequence, so that a broker that has it already appends nothing (KIP-98). When it is given up, all that were queued behind it fail too
 * (rule 18), and the partition goes on under the next epoch: a batch of the one before that is still on its way somewhere is refused when
 * it comes after a newer one. The epoch is counted up here, partition by partition, as KIP-360 has clients do.
 */
import { backoff, type Counter, partitionOf } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import type { Appended, NewRecord, Producer } from './event-log.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { checkAnswer } from './kafka-link.ts';
import { encodeRecordBatch, recordBytes } from './kafka-records.ts';
import { type ProducedPartition, produceRequest } from './kafka-requests.ts';

/** Bytes of one batch; a larger record goes alone. */
const BATCH_BYTES_MAX = 512 << 10;
/** Bytes of one request, of all its partitions. */
const REQUEST_BYTES_MAX = 4 << 20;
/** Bytes that wait or are under way; past it sends are refused. */
const WAITING_BYTES_MAX = 64 << 20;
/** Largest record. The migration lets topics take as much. */
export const RECORD_BYTES_MAX = 17 << 20;
/** Requests to brokers leave no closer to each other than this; the first after a pause leaves at once. See the figures in ARCHITECTURE.md. */
const LINGER_MS = 8;
/** How long a batch is tried. */
const PRODUCE_MS = 5000;
/** How long a broker may wait for its replicas. */
const REPLICATE_MS = 2000;
/** After a batch was given up, its partition takes nothing for so long. */
const REST_MS = 500;
const RETRY = { baseMs: 20, maxMs: 500 };
const EPOCH_MAX = 32_767;
const SEQUENCES = 2 ** 31;

const MESSAGE_TOO_LARGE = 10;
const RECORD_LIST_TOO_LARGE = 18;
/** The broker's notion of the producer is another than ours: what was sent is not appended, and would never be. */
const OUT_OF_SEQUENCE = new Set([45, 46, 47, 59]);
const WILL_NEVER_DO = new Set([MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, 29, 31, 87]);

interface Waiting {
  readonly record: NewRecord;
  readonly bytes: number;
  resolve(appended: Appended): void;
  reject(error: Error): void;
}

interface Batch {
  readonly waiting: readonly Waiting[];
  readonly bytes: Buffer;
  readonly startedMs: number;
  tries: number;
}

interface Queue {
  readonly topic: string;
  readonly kafkaName: string;
  readonly partition: number;
  readonly acks: -1 | 1;
  waiting: Waiting[];
  batch: Batch | undefined;
  /** Whether the batch is on its way, or waits for its next try. */
  busy: boolean;
  epoch: number;
  sequence: number;
  /** Until when it takes nothing, and why. */
  restUntilMs: number;
  trouble: string;
}

/** What the producer counts. */
export interface ProducerCounters {
  readonly requests: Counter;
  readonly batches: Counter;
  readonly records: Counter;
  readonly failed: Counter;
}

export class KafkaProducer implements Producer {
  readonly #cluster: KafkaCluster;
  readonly #counters: ProducerCounters;
  readonly #queues = new Map<string, Queue[]>();
  readonly #troubled = new Set<Queue>();
  #ready: Queue[] = [];
  #scheduled = false;
  #sentMs = 0;
  #bytes = 0;
  #closed = false;
  #idle: (() => void) | undefined;
  #producerId: number | undefined;

  constructor(cluster: KafkaCluster, counters: ProducerCounters) {
    this.#cluster = cluster;
    this.#counters = counters;
  }

  /** Why appends fail now; '' where they do not. */
  get trouble(): string {
    for (const queue of this.#troubled) {
      if (queue.batch || queue.restUntilMs > performance.now()) return queue.trouble;
      this.#troubled.delete(queue);
    }
    return '';
  }

  get waitingBytes(): number {
    return this.#bytes;
  }

  send(topic: string, record: NewRecord): Promise<Appended> {
    const queue = this.#queueOf(topic, record);
    const bytes = recordBytes(record);
    const refusal = this.#refusal(queue, bytes);
    if (refusal) return Promise.reject(refusal);
    this.#bytes += bytes;
    return new Promise((resolve, reject) => {
      queue.waiting.push({ record, bytes, resolve, reject });
      if (queue.waiting.length === 1 && !queue.batch) this.#schedule(queue);
    });
  }

  /** Waits for what is under way, and takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#bytes > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
  }

  #queueOf(topic: string, { key, partition: named }: NewRecord): Queue {
    const { partitions, acks } = this.#cluster.topic(topic);
    let queues = this.#queues.get(topic);
    if (!queues) {
      queues = Array.from({ length: partitions }, (_, partition) => ({
        topic,
        kafkaName: this.#cluster.nameOf(topic),
        partition,
        acks: acks === 'all' ? -1 : 1,
        waiting: [],
        batch: undefined,
        busy: false,
        epoch: 0,
        sequence: 0,
        restUntilMs: 0,
        trouble: '',
      }));
      this.#queues.set(topic, queues);
    }
    const queue = queues[named ?? partitionOf(key, partitions)];
    if (!queue) throw new Error(`topic ${topic}: want a partition from 0 to ${partitions - 1}, got ${named}`);
    return queue;
  }

  #refusal(queue: Queue, bytes: number): ClatterError | undefined {
    if (this.#closed) return new ClatterError('UNAVAILABLE', 'the log is closed');
    if (bytes > RECORD_BYTES_MAX)
      return new ClatterError('TOO_LARGE', `want a record of ${RECORD_BYTES_MAX} bytes at most, got ${bytes}`);
    if (this.#bytes + bytes > WAITING_BYTES_MAX)
      return new ClatterError('UNAVAILABLE', 'the brokers do not keep up with what is sent');
    if (this.#cluster.trouble) return new ClatterError('UNAVAILABLE', this.#cluster.trouble);
    const restMs = queue.restUntilMs - performance.now();
    if (restMs > 0) return new ClatterError('UNAVAILABLE', queue.trouble, { retryAfterMs: Math.ceil(restMs) });
    return undefined;
  }

  #schedule(queue: Queue): void {
    this.#ready.push(queue);
    if (this.#scheduled) return;
    this.#scheduled = true;
    const flush = (): void => {
      this.#scheduled = false;
      this.#sentMs = performance.now();
      const queues = this.#ready;
      this.#ready = [];
      this.#send(queues).catch((error) => this.#cluster.logger.error({ err: error }, 'a produce broke: a bug'));
    };
    const waitMs = this.#sentMs + LINGER_MS - performance.now();
    // At the end of the turn at the earliest: what the same turn sends goes along.
    if (waitMs > 0) setTimeout(flush, waitMs);
    else setImmediate(flush);
  }

  async #send(queues: readonly Queue[]): Promise<void> {
    const idle = queues.filter(({ busy, batch, waiting }) => !busy && (batch || waiting.length > 0));
    for (const queue of idle) queue.busy = true;
    if (this.#producerId === undefined && !(await this.#identify(idle))) return;
    const byLeader = Map.groupBy(idle, (queue) => {
      queue.batch ??= this.#nextBatch(queue);
      return `${this.#cluster.leaderOf(queue.topic, queue.partition)} ${queue.acks}`;
    });
    for (const group of byLeader.values()) for (const part of inRequests(group)) void this.#produce(part);
  }

  /** The producer's id for as long as the process lives. */
  async #identify(queues: readonly Queue[]): Promise<boolean> {
    try {
      const answer = await this.#cluster
        .anyLink('produce')
        .call<{ errorCode: number; producerId: string }>('InitProducerId', {
          transactionalId: null,
          transactionTimeout: 60_000,
        });
      checkAnswer('the id of the producer', answer.errorCode);
      this.#producerId = Number(answer.producerId);
      return true;
    } catch (error) {
      for (const queue of queues) {
        queue.batch ??= this.#nextBatch(queue);
        this.#failed(queue, (error as Error).message);
      }
      return false;
    }
  }

  #nextBatch(queue: Queue): Batch {
    let count = 0;
    let bytes = 0;
    for (const { bytes: size } of queue.waiting) {
      if (count > 0 && bytes + size > BATCH_BYTES_MAX) break;
      bytes += size;
      count++;
    }
    const waiting = count === queue.waiting.length ? queue.waiting : queue.waiting.slice(0, count);
    queue.waiting = count === queue.waiting.length ? [] : queue.waiting.slice(count);
    const stamp =
      queue.acks === -1 && this.#producerId !== undefined
        ? { id: this.#producerId, epoch: queue.epoch, sequence: queue.sequence }
        : { id: -1, epoch: -1, sequence: -1 };
    const encoded = encodeRecordBatch(
      waiting.map(({ record }) => record),
      this.#cluster.clock.nowMs(),
      stamp,
    );
    if (stamp.id >= 0) queue.sequence = (queue.sequence + count) % SEQUENCES;
    return { waiting, bytes: encoded, startedMs: performance.now(), tries: 0 };
  }

  async #produce(queues: readonly Queue[]): Promise<void> {
    const [{ topic, partition, acks }] = queues as [Queue];
    this.#counters.requests.add(1);
    this.#counters.batches.add(queues.length);
    let answers: readonly ProducedPartition[];
    try {
      const leader = this.#cluster.leaderOf(topic, partition);
      if (leader < 0) throw new Error(`partition ${partition} of ${topic} has no leader`);
      const request = produceRequest(
        acks,
        REPLICATE_MS,
        queues.map(({ kafkaName, partition: of, batch }) => ({
          topic: kafkaName,
          partition: of,
          batch: (batch as Batch).bytes,
        })),
      );
      answers = await this.#cluster.link(leader, 'produce').send(request, REPLICATE_MS);
    } catch (error) {
      for (const queue of queues) this.#failed(queue, (error as Error).message);
      void this.#cluster.refresh();
      return;
    }
    for (const queue of queues) {
      const answer = answers.find((one) => one.topic === queue.kafkaName && one.partition === queue.partition);
      if (answer?.errorCode === 0) this.#appended(queue, answer.baseOffset);
      else this.#refused(queue, answer?.errorCode ?? -1);
    }
  }

  #appended(queue: Queue, baseOffset: number): void {
    const { waiting } = queue.batch as Batch;
    queue.batch = undefined;
    queue.busy = false;
    if (queue.trouble) {
      queue.trouble = '';
      this.#troubled.delete(queue);
    }
    this.#counters.records.add(waiting.length);
    for (let i = 0; i < waiting.length; i++) {
      const one = waiting[i] as Waiting;
      this.#bytes -= one.bytes;
      one.resolve({ partition: queue.partition, offset: baseOffset + i });
    }
    this.#next(queue);
  }

  #refused(queue: Queue, errorCode: number): void {
    const reason = errorOf(queue, errorCode);
    if (OUT_OF_SEQUENCE.has(errorCode) || WILL_NEVER_DO.has(errorCode)) this.#giveUp(queue, reason);
    else {
      this.#failed(queue, reason);
      void this.#cluster.refresh();
    }
  }

  /** The batch under way failed this time; whether it is in the log is unknown. */
  #failed(queue: Queue, reason: string): void {
    const batch = queue.batch as Batch;
    queue.trouble = reason;
    this.#troubled.add(queue);
    const leftMs = batch.startedMs + PRODUCE_MS - performance.now();
    // Without a stamp a second try could append it twice.
    if (leftMs <= 0 || queue.acks !== -1 || this.#closed) return this.#giveUp(queue, reason);
    this.#cluster.clock.timer(Math.min(leftMs, backoff(batch.tries++, RETRY)), () => {
      queue.busy = false;
      this.#schedule(queue);
    });
  }

  /** Fails the batch and all that wait behind it. */
  #giveUp(queue: Queue, reason: string): void {
    const failed = [...(queue.batch as Batch).waiting, ...queue.waiting];
    queue.batch = undefined;
    queue.busy = false;
    queue.waiting = [];
    queue.sequence = 0;
    queue.epoch++;
    // Past the last epoch all partitions begin anew as another producer; what is under way keeps its stamp.
    if (queue.epoch > EPOCH_MAX) this.#renew();
    queue.trouble = reason;
    queue.restUntilMs = performance.now() + REST_MS;
    this.#troubled.add(queue);
    this.#counters.failed.add(failed.length);
    const error = new ClatterError('UNAVAILABLE', reason, { retryAfterMs: 2 * REST_MS });
    for (const one of failed) {
      this.#bytes -= one.bytes;
      one.reject(error);
    }
    this.#next(queue);
  }

  #renew(): void {
    this.#producerId = undefined;
    for (const queues of this.#queues.values())
      for (const queue of queues) {
        queue.epoch = 0;
        queue.sequence = 0;
      }
  }

  #next(queue: Queue): void {
    if (queue.waiting.length > 0) this.#schedule(queue);
    else if (this.#bytes === 0) this.#idle?.();
  }
}

function errorOf({ kafkaName, partition }: Queue, errorCode: number): string {
  try {
    checkAnswer(`append to ${kafkaName}/${partition}`, errorCode);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

/** Requests of bounded size. */
function inRequests(queues: readonly Queue[]): readonly (readonly Queue[])[] {
  const requests: Queue[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const queue of queues) {
    const size = (queue.batch as Batch).bytes.length;
    if (bytes + size > REQUEST_BYTES_MAX) {
      requests.push([]);
      bytes = 0;
    }
    (requests.at(-1) as Queue[]).push(queue);
    bytes += size;
  }
  return requests;
}
