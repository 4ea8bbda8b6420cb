/**
 * The requests on the hot path, and those that kafkajs does not know: topics by their ids (Fetch 13, Metadata 12), errors partition by
 * partition (Produce 7). Kafka 3.1 and later speak them.
 */
import { type KafkaReader, KafkaWriter } from './kafka-bytes.ts';

/** A request of ours: its version and bytes, and how its answer is read. */
export interface KafkaRequest<T> {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly name: string;
  /** What follows the part of the header that all versions have. */
  readonly body: Buffer;
  read(answer: KafkaReader): T;
}

export interface BrokerAddress {
  readonly node: number;
  readonly host: string;
  readonly port: number;
}

export interface TopicMetadata {
  readonly name: string;
  readonly id: string;
  readonly errorCode: number;
  /** Leader of each partition by its number; −1 where there is none at the moment. */
  readonly leaders: readonly number[];
  /** Of the partition that has the fewest. */
  readonly replicas: number;
}

export interface ClusterMetadata {
  readonly clusterId: string;
  readonly brokers: readonly BrokerAddress[];
  readonly topics: readonly TopicMetadata[];
}

const NO_ID = '00000000-0000-0000-0000-000000000000';

export function metadataRequest(topics: readonly string[]): KafkaRequest<ClusterMetadata> {
  const body = new KafkaWriter().tags();
  body.compactArray(topics, (topic) => body.uuid(NO_ID).compactString(topic).tags());
  body.int8(0).int8(0).tags();
  return { apiKey: 3, apiVersion: 12, name: 'Metadata', body: body.bytes(), read: readMetadata };
}

function readMetadata(answer: KafkaReader): ClusterMetadata {
  answer.tags();
  answer.int32();
  const brokers = answer.compactArray(() => {
    const broker = { node: answer.int32(), host: answer.compactString(), port: answer.int32() };
    answer.compactString();
    answer.tags();
    return broker;
  });
  const clusterId = answer.compactString();
  answer.int32();
  const topics = answer.compactArray(() => readTopic(answer));
  return { clusterId, brokers, topics };
}

function readTopic(answer: KafkaReader): TopicMetadata {
  const errorCode = answer.int16();
  const name = answer.compactString();
  const id = answer.uuid();
  answer.int8();
  const leaders: number[] = [];
  let replicas = Number.POSITIVE_INFINITY;
  answer.compactArray(() => {
    answer.int16();
    const partition = answer.int32();
    leaders[partition] = answer.int32();
    answer.int32();
    replicas = Math.min(replicas, answer.compactArray(() => answer.int32()).length);
    // In sync, and offline.
    for (let lists = 0; lists < 2; lists++) answer.compactArray(() => answer.int32());
    answer.tags();
  });
  answer.int32();
  answer.tags();
  return { name, id, errorCode, leaders, replicas };
}

export interface ProducePartition {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}

export interface ProducedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly baseOffset: number;
}

export function produceRequest(
  acks: -1 | 1,
  timeoutMs: number,
  partitions: readonly ProducePartition[],
): KafkaRequest<readonly ProducedPartition[]> {
  let size = 32;
  for (const { topic, batch } of partitions) size += 3 * topic.length + 24 + batch.length;
  const body = new KafkaWriter(size).int16(-1).int16(acks).int32(timeoutMs).int32(partitions.length);
  for (const { topic, partition, batch } of partitions)
    body.string(topic).int32(1).int32(partition).int32(batch.length).raw(batch);
  return { apiKey: 0, apiVersion: 7, name: 'Produce', body: body.bytes(), read: readProduced };
}

const readProduced = (answer: KafkaReader): readonly ProducedPartition[] =>
  answer
    .array(() => {
      const topic = answer.string();
      return answer.array(() => {
        const partition = answer.int32();
        const errorCode = answer.int16();
        const baseOffset = answer.int64();
        answer.take(16);
        return { topic, partition, errorCode, baseOffset };
      });
    })
    .flat();

export interface FetchPartition {
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  /** Leader epoch of the record before `offset`, −1 where unknown: a log that was cut and written anew is told by it. */
  readonly lastEpoch: number;
}

export interface FetchOptions {
  readonly maxWaitMs: number;
  readonly bytesMax: number;
  readonly partitionBytesMax: number;
  /** A fetch session (KIP-227): the broker remembers partitions, and is told only of changes. Id 0 and epoch 0 begin one. */
  readonly session: { readonly id: number; readonly epoch: number };
  readonly partitions: readonly FetchPartition[];
  readonly forgotten: readonly { readonly topicId: string; readonly partition: number }[];
}

export interface FetchedPartition {
  readonly topicId: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  /** Where the log of the broker parts from the one that was read; undefined where it does not. */
  readonly divergesAt: number | undefined;
  readonly records: Buffer | undefined;
}

export interface Fetched {
  readonly errorCode: number;
  readonly sessionId: number;
  readonly partitions: readonly FetchedPartition[];
}

const READ_COMMITTED = 1;

export function fetchRequest(options: FetchOptions): KafkaRequest<Fetched> {
  const { maxWaitMs, bytesMax, partitionBytesMax, session, partitions, forgotten } = options;
  const body = new KafkaWriter(64 + 64 * (partitions.length + forgotten.length)).tags();
  body.int32(-1).int32(maxWaitMs).int32(1).int32(bytesMax).int8(READ_COMMITTED);
  body.int32(session.id).int32(session.epoch);
  body.compactArray(byTopic(partitions), ([topicId, group]) => {
    body.uuid(topicId).compactArray(group, ({ partition, offset, lastEpoch }) => {
      body.int32(partition).int32(-1).int64(offset).int32(lastEpoch).int64(-1).int32(partitionBytesMax).tags();
    });
    body.tags();
  });
  body.compactArray(byTopic(forgotten), ([topicId, group]) => {
    body.uuid(topicId).compactArray(group, ({ partition }) => void body.int32(partition));
    body.tags();
  });
  body.compactString('').tags();
  return { apiKey: 1, apiVersion: 13, name: 'Fetch', body: body.bytes(), read: readFetched };
}

function byTopic<T extends { readonly topicId: string }>(partitions: readonly T[]): readonly [string, T[]][] {
  return [...Map.groupBy(partitions, ({ topicId }) => topicId)];
}

function readFetched(answer: KafkaReader): Fetched {
  answer.tags();
  answer.int32();
  const errorCode = answer.int16();
  const sessionId = answer.int32();
  const partitions: FetchedPartition[] = [];
  answer.compactArray(() => {
    const topicId = answer.uuid();
    answer.compactArray(() => partitions.push(readFetchedPartition(topicId, answer)));
    answer.tags();
  });
  return { errorCode, sessionId, partitions };
}

function readFetchedPartition(topicId: string, answer: KafkaReader): FetchedPartition {
  const partition = answer.int32();
  const errorCode = answer.int16();
  const highWatermark = answer.int64();
  answer.int64();
  answer.int64();
  answer.compactArray(() => {
    answer.take(16);
    answer.tags();
  });
  answer.int32();
  const length = answer.varint() - 1;
  const records = length > 0 ? answer.take(length) : undefined;
  let divergesAt: number | undefined;
  answer.tags({
    0: () => {
      answer.int32();
      divergesAt = answer.int64();
    },
  });
  return { topicId, partition, errorCode, highWatermark, divergesAt, records };
}
