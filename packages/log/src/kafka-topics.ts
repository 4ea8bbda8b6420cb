/**
 * The migration of topics: makes those of the table that are missing, and refuses those that are other than the table says. It alters
 * nothing that is there: another number of partitions sends conversations to another order, and less retention loses commands. Any number
 * of processes may run it at once.
 */
import { type Clock, type Logger, reasonOf, sleep } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import type { KafkaConnection } from './kafka-cluster.ts';
import { brokerAddress } from './kafka-cluster.ts';
import { checkAnswer, KafkaLink } from './kafka-link.ts';
import { RECORD_BYTES_MAX } from './kafka-producer.ts';
import { type ClusterMetadata, metadataRequest, type TopicMetadata } from './kafka-requests.ts';
import { type Topic, topics as topicTable } from './topics.ts';

const POLL_MS = 100;
const CREATE_MS = 10_000;
const TOPIC_EXISTS = 36;
const TOPIC_RESOURCE = 2;

export interface MigrateTopicsOptions {
  readonly connection: KafkaConnection;
  readonly prefix?: string;
  /** 3 where a lost machine must lose nothing. */
  readonly replicas: number;
  /** How many replicas must have a record before it is acknowledged; 2 of 3, so that one may be away. */
  readonly minInSync: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly topics?: readonly Topic[];
  /** How long it waits for the brokers. */
  readonly waitMs?: number;
}

/** Throws a ClatterError: UNAVAILABLE where the brokers are away, CONFLICT with a line for each difference. */
export async function migrateTopics(options: MigrateTopicsOptions): Promise<void> {
  const { connection, clock, topics = Object.values(topicTable), prefix = '', waitMs = 60_000 } = options;
  const wanted = topics.map((topic) => ({ ...topic, name: prefix + topic.name }));
  const endMs = performance.now() + waitMs;
  for (let tries = 0; ; tries++) {
    const [host, port] = brokerAddress(connection.brokers[tries % connection.brokers.length] as string);
    const link = new KafkaLink({ ...connection, host, port });
    try {
      await create(link, wanted, options);
      const differences = await compare(link, await settled(link, wanted, clock, endMs), wanted, options);
      if (differences.length === 0) return;
      throw new ClatterError('CONFLICT', `topics are other than wanted:\n${differences.join('\n')}`);
    } catch (error) {
      if (error instanceof ClatterError) throw error;
      if (tries === 0) options.logger.warn({ err: error }, 'topics cannot be made now; it is tried again');
      if (performance.now() > endMs)
        throw new ClatterError('UNAVAILABLE', `topics cannot be made: ${reasonOf(error)}`, { cause: error });
      await sleep(clock, 5 * POLL_MS);
    } finally {
      await link.close();
    }
  }
}

const namesOf = (topics: readonly Topic[]): readonly string[] => topics.map(({ name }) => name);

function configOf(topic: Topic, minInSync: number): Readonly<Record<string, string>> {
  return {
    'cleanup.policy': 'delete',
    'retention.ms': topic.retentionMs === 0 ? '-1' : `${topic.retentionMs}`,
    'retention.bytes': '-1',
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': `${RECORD_BYTES_MAX}`,
    'min.insync.replicas': `${minInSync}`,
    'unclean.leader.election.enable': 'false',
  };
}

async function create(link: KafkaLink, wanted: readonly Topic[], options: MigrateTopicsOptions): Promise<void> {
  const found = await link.send(metadataRequest(namesOf(wanted)));
  const there = new Set(found.topics.filter(({ errorCode }) => errorCode === 0).map(({ name }) => name));
  const missing = wanted.filter(({ name }) => !there.has(name));
  if (missing.length === 0) return;
  const answer = await link.call<{
    topicErrors: readonly { topic: string; errorCode: number; errorMessage: string }[];
  }>(
    'CreateTopics',
    {
      topics: missing.map((topic) => ({
        topic: topic.name,
        numPartitions: topic.partitions,
        replicationFactor: options.replicas,
        configEntries: Object.entries(configOf(topic, options.minInSync)).map(([name, value]) => ({ name, value })),
      })),
      validateOnly: false,
      timeout: CREATE_MS,
    },
    CREATE_MS,
  );
  for (const { topic, errorCode, errorMessage } of answer.topicErrors) {
    // Another process was first.
    if (errorCode === TOPIC_EXISTS) continue;
    checkAnswer(`topic ${topic} cannot be made (${errorMessage ?? 'no reason given'})`, errorCode);
    options.logger.info({ topic }, 'topic made');
  }
}

/** Waits until all topics are there and each partition has a leader. */
async function settled(
  link: KafkaLink,
  wanted: readonly Topic[],
  clock: Clock,
  endMs: number,
): Promise<ClusterMetadata> {
  for (;;) {
    const metadata = await link.send(metadataRequest(namesOf(wanted)));
    const open = metadata.topics.filter(
      ({ errorCode, leaders }) => errorCode !== 0 || leaders.some((node) => node < 0),
    );
    if (open.length === 0) return metadata;
    if (performance.now() > endMs)
      throw new ClatterError('UNAVAILABLE', `topics have no leaders: ${open.map(({ name }) => name).join(', ')}`);
    await sleep(clock, POLL_MS);
  }
}

async function compare(
  link: KafkaLink,
  { topics }: ClusterMetadata,
  wanted: readonly Topic[],
  { replicas, minInSync }: MigrateTopicsOptions,
): Promise<readonly string[]> {
  const configs = await configsOf(link, namesOf(wanted));
  return wanted.flatMap((topic) => {
    const { leaders, replicas: got } = topics.find(({ name }) => name === topic.name) as TopicMetadata;
    const want: readonly (readonly [string, string, string | undefined])[] = [
      ['partitions', `${topic.partitions}`, `${leaders.length}`],
      ['replicas', `${replicas}`, `${got}`],
      ...Object.entries(configOf(topic, minInSync)).map(
        ([name, value]) => [name, value, configs.get(topic.name)?.get(name)] as const,
      ),
    ];
    return want
      .filter(([, value, is]) => value !== is)
      .map(([name, value, is]) => `${topic.name}: want ${name} ${value}, got ${is ?? 'nothing'}`);
  });
}

async function configsOf(
  link: KafkaLink,
  topics: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const { resources } = await link.call<{
    resources: readonly {
      resourceName: string;
      errorCode: number;
      configEntries: readonly { configName: string; configValue: string }[];
    }[];
  }>('DescribeConfigs', {
    resources: topics.map((name) => ({ type: TOPIC_RESOURCE, name, configNames: [] })),
    includeSynonyms: false,
  });
  return new Map(
    resources.map(({ resourceName, errorCode, configEntries }) => {
      checkAnswer(`settings of topic ${resourceName}`, errorCode);
      return [resourceName, new Map(configEntries.map(({ configName, configValue }) => [configName, configValue]))];
    }),
  );
}
