/** Offsets of partitions, and those that groups committed. */
import { ClatterError } from '@clatter/wire';
import type { ConsumeOptions } from './event-log.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { checkAnswer, type KafkaLink } from './kafka-link.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export const partitionKey = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** By partitionKey. */
export type Offsets = ReadonlyMap<string, number>;

const EARLIEST = -2;
const LATEST = -1;
/** Offsets of finished transactions alone: there are none other here. */
const READ_COMMITTED = 1;

interface OffsetsAnswer {
  readonly errorCode?: number;
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly offset: string; readonly errorCode: number }[];
  }[];
}

/** One past the last record of each. */
export const endOffsets = (cluster: KafkaCluster, of: readonly TopicPartition[]): Promise<Offsets> =>
  listOffsets(cluster, of, LATEST);

/** Where a reader that never committed starts. */
export async function startOffsets(
  cluster: KafkaCluster,
  of: readonly TopicPartition[],
  start: ConsumeOptions['start'],
  ends: Offsets,
): Promise<Offsets> {
  if (start === 'end') return ends;
  if (start === 'beginning') return listOffsets(cluster, of, EARLIEST);
  const found = await listOffsets(cluster, of, start.sinceMs);
  // Nothing is that new.
  return new Map([...found].map(([key, offset]) => [key, offset < 0 ? (ends.get(key) as number) : offset]));
}

/** What a group committed; without those it did not. */
export async function committedOffsets(
  cluster: KafkaCluster,
  coordinator: KafkaLink,
  group: string,
  of: readonly TopicPartition[],
): Promise<Offsets> {
  const answer = await coordinator.call<OffsetsAnswer>('OffsetFetch', {
    groupId: group,
    topics: byTopic(cluster, of).map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((partition) => ({ partition })),
    })),
  });
  checkAnswer(`committed offsets of ${group}`, answer.errorCode ?? 0);
  const committed = new Map<string, number>();
  for (const [key, offset] of offsetsOf(cluster, answer)) if (offset >= 0) committed.set(key, offset);
  return committed;
}

async function listOffsets(cluster: KafkaCluster, of: readonly TopicPartition[], timestamp: number): Promise<Offsets> {
  const byLeader = Map.groupBy(of, ({ topic, partition }) => cluster.leaderOf(topic, partition));
  const answers = await Promise.all(
    [...byLeader].map(async ([leader, led]) => {
      if (leader < 0) throw new ClatterError('UNAVAILABLE', `${partitionKey(led[0] as TopicPartition)} has no leader`);
      const topics = byTopic(cluster, led).map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((partition) => ({ partition, timestamp })),
      }));
      const request = { replicaId: -1, isolationLevel: READ_COMMITTED, topics };
      return offsetsOf(cluster, await cluster.link(leader, 'offsets').call<OffsetsAnswer>('ListOffsets', request));
    }),
  );
  const offsets = new Map(answers.flat());
  for (const one of of) if (!offsets.has(partitionKey(one))) throw new Error(`no broker tells of ${partitionKey(one)}`);
  return offsets;
}

function offsetsOf(cluster: KafkaCluster, { responses }: OffsetsAnswer): readonly [string, number][] {
  return responses.flatMap(({ topic: kafkaName, partitions }) =>
    partitions.map(({ partition, offset, errorCode }): [string, number] => {
      checkAnswer(`offsets of ${kafkaName}/${partition}`, errorCode);
      return [partitionKey({ topic: cluster.ownName(kafkaName) ?? kafkaName, partition }), Number(offset)];
    }),
  );
}

/** Grouped as requests want it, under Kafka's names. */
export const byTopic = (
  cluster: KafkaCluster,
  of: readonly TopicPartition[],
): readonly { readonly topic: string; readonly partitions: readonly number[] }[] =>
  [...Map.groupBy(of, ({ topic }) => topic)].map(([topic, partitions]) => ({
    topic: cluster.nameOf(topic),
    partitions: partitions.map(({ partition }) => partition),
  }));
