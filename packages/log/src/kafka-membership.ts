/**
 * Membership of a group by Kafka's classic protocol: find the coordinator, join, share out (one member, the leader, does it for all), and
 * send heartbeats until the group changes. Knows nothing of what is done with the partitions.
 */
import { backoff, sleep } from '@clatter/runtime';
import { balance, type GroupMember } from './kafka-balance.ts';
import { KafkaReader, KafkaWriter } from './kafka-bytes.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { checkAnswer, KafkaError, type KafkaLink } from './kafka-link.ts';
import { byTopic, type TopicPartition } from './kafka-offsets.ts';

/** After so long without a heartbeat a member has lost what it had: the smallest that brokers take by default. */
const SESSION_MS = 6000;
const HEARTBEAT_MS = 500;
/** While partitions change hands. */
const HEARTBEAT_MOVING_MS = 50;
const MOVING_MS = 2000;
/** How long the coordinator waits for the others to join again. */
const REBALANCE_MS = 10_000;
const RETRY = { baseMs: 50, maxMs: 1000 };
const PROTOCOL = 'clatter-cooperative-sticky';

const NOT_COORDINATOR = new Set([14, 15, 16]);
const ILLEGAL_GENERATION = 22;
const UNKNOWN_MEMBER = 25;
const REBALANCING = 27;
const MEMBER_ID_REQUIRED = 79;

interface JoinAnswer {
  readonly errorCode: number;
  readonly generationId: number;
  readonly leaderId: string;
  readonly memberId: string;
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
}

/** What the group has of a member, and the member of the group. */
export interface MembershipHooks {
  owned(): readonly TopicPartition[];
  /** The partitions of a new generation. */
  assigned(partitions: readonly TopicPartition[]): void;
  /** Everything was lost: the group went on without this member. */
  lost(): void;
}

export class KafkaMembership {
  readonly #cluster: KafkaCluster;
  readonly #group: string;
  readonly #topics: readonly string[];
  readonly #hooks: MembershipHooks;
  readonly #purpose: string;
  readonly #leaving = new AbortController();
  readonly #done: Promise<void>;
  #coordinator: number | undefined;
  #memberId = '';
  #generation = -1;
  #joinedGeneration = -1;
  /** When the last request was sent that the coordinator answered well: its patience counts from then. */
  #aliveMs = performance.now();
  /** A member that waits for the others is alive to the coordinator. */
  #waitsForOthers = false;
  #movingUntilMs = 0;
  #rejoin = Promise.withResolvers<void>();
  #rejoinWanted = false;

  constructor(
    cluster: KafkaCluster,
    group: string,
    topics: readonly string[],
    purpose: string,
    hooks: MembershipHooks,
  ) {
    this.#cluster = cluster;
    this.#group = group;
    this.#topics = topics;
    this.#purpose = purpose;
    this.#hooks = hooks;
    this.#done = this.#run();
    void this.#watch();
  }

  /** Has the group shared out again: something that was asked back was given up. */
  rejoin(): void {
    this.#rejoinWanted = true;
    this.#rejoin.resolve();
  }

  /** A connection to the coordinator that nobody waits on. */
  coordinator(): KafkaLink {
    if (this.#coordinator === undefined) throw new Error(`the coordinator of ${this.#group} is not known now`);
    return this.#cluster.link(this.#coordinator, 'commit');
  }

  /** Commits offsets as this member; resolves with the keys of what the coordinator took. */
  async commit(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<readonly TopicPartition[]> {
    const answer = await this.coordinator().call<{
      responses: readonly { topic: string; partitions: readonly { partition: number; errorCode: number }[] }[];
    }>('OffsetCommit', {
      groupId: this.#group,
      groupGenerationId: this.#generation,
      memberId: this.#memberId,
      retentionTime: -1,
      topics: byTopic(this.#cluster, offsets).map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((partition) => ({
          partition,
          offset: offsets.find((one) => one.partition === partition && this.#cluster.nameOf(one.topic) === topic)
            ?.offset,
        })),
      })),
    });
    return answer.responses.flatMap(({ topic, partitions }) =>
      partitions
        .filter(({ errorCode }) => errorCode === 0)
        .map(({ partition }) => ({ topic: this.#cluster.ownName(topic) as string, partition })),
    );
  }

  /** Leaves the group at once, so that others get the partitions without waiting. */
  async leave(): Promise<void> {
    this.#leaving.abort();
    this.#rejoin.resolve();
    if (this.#memberId && this.#coordinator !== undefined)
      await this.#cluster
        .link(this.#coordinator, 'commit')
        .call('LeaveGroup', { groupId: this.#group, memberId: this.#memberId, groupInstanceId: null })
        .catch(() => undefined);
    await this.#cluster.closeLinks(this.#purpose);
    await this.#done;
  }

  get #left(): boolean {
    return this.#leaving.signal.aborted;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#left; ) {
      try {
        await this.#join();
        failures = 0;
        await this.#stay();
      } catch (error) {
        if (this.#left) return;
        failures = await this.#recover(error, failures);
        if (failures > 0) await sleep(this.#cluster.clock, backoff(failures - 1, RETRY), this.#leaving.signal);
      }
    }
  }

  /** Gives everything up when the coordinator must have done so, whatever this process waits for. */
  async #watch(): Promise<void> {
    while (!this.#left) {
      await sleep(this.#cluster.clock, HEARTBEAT_MS, this.#leaving.signal);
      if (this.#generation >= 0 && !this.#waitsForOthers && performance.now() - this.#aliveMs > SESSION_MS)
        this.#lose();
    }
  }

  /** How many times in a row it failed; 0 where it is to go on at once. */
  async #recover(error: unknown, failures: number): Promise<number> {
    const code = error instanceof KafkaError ? error.errorCode : undefined;
    if (code === REBALANCING) return 0;
    if (code === UNKNOWN_MEMBER || code === ILLEGAL_GENERATION) {
      this.#cluster.logger.warn({ group: this.#group }, 'the group went on without this process, which joins again');
      this.#memberId = '';
      this.#lose();
      return failures + 1;
    }
    if (code === undefined || NOT_COORDINATOR.has(code)) this.#coordinator = undefined;
    await this.#cluster.refresh();
    if (failures === 0 && !this.#cluster.trouble)
      this.#cluster.logger.warn({ err: error, group: this.#group }, 'no part in a group now; it is tried again');
    return failures + 1;
  }

  #lose(): void {
    this.#generation = this.#joinedGeneration = -1;
    this.#hooks.lost();
  }

  async #join(): Promise<void> {
    await this.#cluster.usable(this.#leaving.signal);
    if (this.#left) return;
    const link = await this.#findCoordinator();
    this.#rejoinWanted = false;
    this.#waitsForOthers = true;
    try {
      await this.#joinAndShare(link);
    } finally {
      this.#waitsForOthers = false;
      this.#aliveMs = performance.now();
    }
  }

  async #joinAndShare(link: KafkaLink): Promise<void> {
    const joined = await this.#askToJoin(link);
    const shares = joined.leaderId === joined.memberId ? this.#share(joined) : [];
    const answer = await link.call<{ errorCode: number; memberAssignment: Buffer }>(
      'SyncGroup',
      {
        groupId: this.#group,
        generationId: joined.generationId,
        memberId: joined.memberId,
        groupAssignment: shares,
      },
      REBALANCE_MS,
    );
    checkAnswer(`share of group ${this.#group}`, answer.errorCode);
    this.#generation = this.#joinedGeneration = joined.generationId;
    this.#movingUntilMs = performance.now() + MOVING_MS;
    if (!this.#left) this.#hooks.assigned(decodeAssignment(this.#cluster, answer.memberAssignment));
  }

  async #findCoordinator(): Promise<KafkaLink> {
    if (this.#coordinator === undefined) {
      const answer = await this.#cluster
        .anyLink('commit')
        .call<{ errorCode: number; coordinator: { nodeId: number } }>('GroupCoordinator', {
          coordinatorKey: this.#group,
          coordinatorType: 0,
          groupId: this.#group,
        });
      checkAnswer(`coordinator of group ${this.#group}`, answer.errorCode);
      this.#coordinator = answer.coordinator.nodeId;
    }
    return this.#cluster.link(this.#coordinator, this.#purpose);
  }

  async #askToJoin(link: KafkaLink): Promise<JoinAnswer> {
    const ask = (): Promise<JoinAnswer> =>
      link.call<JoinAnswer>(
        'JoinGroup',
        {
          groupId: this.#group,
          sessionTimeout: SESSION_MS,
          rebalanceTimeout: REBALANCE_MS,
          memberId: this.#memberId,
          groupInstanceId: null,
          protocolType: 'consumer',
          groupProtocols: [{ name: PROTOCOL, metadata: this.#metadata() }],
        },
        REBALANCE_MS + SESSION_MS,
      );
    let answer = await ask();
    if (answer.errorCode === MEMBER_ID_REQUIRED) {
      this.#memberId = answer.memberId;
      answer = await ask();
    }
    checkAnswer(`a join of group ${this.#group}`, answer.errorCode);
    this.#memberId = answer.memberId;
    return answer;
  }

  /** Until the group changes, which a heartbeat tells, or something that was asked back is given up. */
  async #stay(): Promise<void> {
    for (;;) {
      const moving = performance.now() < this.#movingUntilMs;
      const timer = new AbortController();
      void this.#rejoin.promise.then(() => timer.abort());
      await sleep(this.#cluster.clock, moving ? HEARTBEAT_MOVING_MS : HEARTBEAT_MS, timer.signal);
      this.#rejoin = Promise.withResolvers();
      if (this.#left || this.#rejoinWanted) return;
      // Lost meanwhile, as after a pause of the whole process.
      if (this.#generation < 0) return;
      const sentMs = performance.now();
      const link = this.#cluster.link(this.#coordinator as number, this.#purpose);
      const answer = await link.call<{ errorCode: number }>('Heartbeat', {
        groupId: this.#group,
        groupGenerationId: this.#generation,
        memberId: this.#memberId,
      });
      checkAnswer(`a heartbeat to group ${this.#group}`, answer.errorCode);
      this.#aliveMs = sentMs;
    }
  }

  #share({ members }: JoinAnswer): readonly { readonly memberId: string; readonly memberAssignment: Buffer }[] {
    const known = members.map(({ memberId, memberMetadata }) => decodeMember(this.#cluster, memberId, memberMetadata));
    const balanced = balance(known, (topic) => this.#cluster.topic(topic).partitions);
    return [...balanced].map(([memberId, partitions]) => ({
      memberId,
      memberAssignment: encodeAssignment(this.#cluster, partitions),
    }));
  }

  #metadata(): Buffer {
    const owned = byTopic(this.#cluster, this.#hooks.owned());
    const writer = new KafkaWriter().int16(2).int32(this.#topics.length);
    for (const topic of this.#topics) writer.string(this.#cluster.nameOf(topic));
    writer.int32(0).int32(owned.length);
    for (const { topic, partitions } of owned) {
      writer.string(topic).int32(partitions.length);
      for (const partition of partitions) writer.int32(partition);
    }
    return writer.int32(this.#joinedGeneration).bytes();
  }
}

/** Kafka's own form (ConsumerProtocolSubscription 2), so that its tools can show the group. */
function decodeMember(cluster: KafkaCluster, id: string, metadata: Buffer): GroupMember {
  const reader = new KafkaReader(metadata);
  reader.int16();
  const topics = reader.array(() => cluster.ownName(reader.string()) ?? '');
  reader.take(Math.max(0, reader.int32()));
  const owned = readPartitions(cluster, reader);
  return { id, topics, owned, generation: reader.int32() };
}

function readPartitions(cluster: KafkaCluster, reader: KafkaReader): readonly TopicPartition[] {
  return reader
    .array(() => {
      const topic = cluster.ownName(reader.string()) ?? '';
      return reader.array(() => ({ topic, partition: reader.int32() }));
    })
    .flat();
}

function encodeAssignment(cluster: KafkaCluster, of: readonly TopicPartition[]): Buffer {
  const topics = byTopic(cluster, of);
  const writer = new KafkaWriter().int16(0).int32(topics.length);
  for (const { topic, partitions } of topics) {
    writer.string(topic).int32(partitions.length);
    for (const partition of partitions) writer.int32(partition);
  }
  return writer.int32(0).bytes();
}

function decodeAssignment(cluster: KafkaCluster, bytes: Buffer): readonly TopicPartition[] {
  const reader = new KafkaReader(bytes);
  if (reader.left === 0) return [];
  reader.int16();
  return readPartitions(cluster, reader);
}
