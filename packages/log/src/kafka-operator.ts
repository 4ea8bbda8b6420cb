/**
 * What an operator does with Kafka's own tools, for tests of what docs/operations.md tells operators to do. On a cluster of one broker; topics
 * and groups by Kafka's names.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { brokerAddress } from './kafka-cluster.ts';
import { checkAnswer, type KafkaError, KafkaLink } from './kafka-link.ts';

interface TopicPartitions {
  readonly partitions: readonly { readonly partition: number; readonly offset: string; readonly errorCode: number }[];
}

const EARLIEST = -2;
const LATEST = -1;
/** Somebody is in the group. */
const UNKNOWN_MEMBER = 25;
/** A member that ended without a word is in its group for the time of a session. */
const MEMBER_MS_MAX = 15_000;

export class KafkaOperator {
  readonly #link: KafkaLink;

  constructor(broker: string) {
    const [host, port] = brokerAddress(broker);
    this.#link = new KafkaLink({ host, port, clientId: 'operator' });
  }

  /** `kafka-topics.sh --delete` */
  async deleteTopic(topic: string): Promise<void> {
    await this.#link.call('DeleteTopics', { topics: [topic], timeout: 5000 }, 5000);
  }

  /** `kafka-delete-records.sh`, of all that a partition has. */
  async deleteRecords(topic: string, partition: number): Promise<void> {
    await this.#link.call('DeleteRecords', { topics: [{ topic, partitions: [{ partition, offset: '-1' }] }] });
  }

  /** `kafka-consumer-groups.sh --reset-offsets --to-earliest` or `--to-latest`, once nobody is in the group. */
  async resetOffsets(
    group: string,
    topic: string,
    partitions: readonly number[],
    to: 'earliest' | 'latest',
  ): Promise<void> {
    const timestamp = to === 'earliest' ? EARLIEST : LATEST;
    const asked = partitions.map((partition) => ({ partition, timestamp }));
    const found = await this.#link.call<{ responses: readonly TopicPartitions[] }>('ListOffsets', {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ topic, partitions: asked }],
    });
    const offsets = checked(`offsets of ${topic}`, found.responses);
    for (const untilMs = Date.now() + MEMBER_MS_MAX; ; ) {
      const committed = await this.#link.call<{ responses: readonly TopicPartitions[] }>('OffsetCommit', {
        groupId: group,
        groupGenerationId: -1,
        memberId: '',
        retentionTime: -1,
        topics: [{ topic, partitions: offsets.map(({ partition, offset }) => ({ partition, offset })) }],
      });
      try {
        checked(`offsets of ${group}`, committed.responses);
        return;
      } catch (error) {
        if ((error as KafkaError).errorCode !== UNKNOWN_MEMBER || Date.now() > untilMs) throw error;
        await sleep(500);
      }
    }
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}

function checked(what: string, responses: readonly TopicPartitions[]): TopicPartitions['partitions'] {
  const partitions = responses.flatMap((topic) => topic.partitions);
  for (const { partition, errorCode } of partitions) checkAnswer(`${what}/${partition}`, errorCode);
  return partitions;
}
