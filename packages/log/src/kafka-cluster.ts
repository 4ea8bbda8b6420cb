/**
 * The cluster as this process knows it: brokers, leaders and ids of topics, and connections by purpose. A broker answers the requests of one
 * connection one after the other, and some wait there: so producing, each reader, and each group have connections of their own.
 */
import { backoff, type Clock, type Logger, reasonOf, sleep, ToldReasons } from '@clatter/runtime';
import { checkAnswer, KafkaLink, type KafkaLinkOptions } from './kafka-link.ts';
import { type ClusterMetadata, metadataRequest, type TopicMetadata } from './kafka-requests.ts';
import type { Topic } from './topics.ts';

/** How old what is known of the cluster may become. */
const METADATA_MS = 10_000;
/** Refreshes come no faster. */
const REFRESH_MS_MIN = 100;
const RECONNECT = { baseMs: 200, maxMs: 2000 };
const UNKNOWN_TOPIC = 3;
const NO_LEADER = 5;

export type KafkaConnection = Omit<KafkaLinkOptions, 'host' | 'port'> & { readonly brokers: readonly string[] };

export interface KafkaClusterOptions {
  readonly connection: KafkaConnection;
  readonly prefix: string;
  readonly topics: readonly Topic[];
  readonly clock: Clock;
  readonly logger: Logger;
}

export class KafkaCluster {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly #options: KafkaClusterOptions;
  readonly #seeds: readonly { readonly host: string; readonly port: number }[];
  readonly #links = new Map<string, KafkaLink>();
  readonly #byName: ReadonlyMap<string, Topic>;
  readonly #closing = new AbortController();
  #metadata: ClusterMetadata | undefined;
  #topics: ReadonlyMap<string, TopicMetadata> = new Map();
  #refreshing: Promise<void> | undefined;
  #trouble = 'no broker was reached yet';
  readonly #told = new ToldReasons();
  #changed = Promise.withResolvers<void>();

  constructor(options: KafkaClusterOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.logger = options.logger;
    this.#byName = new Map(options.topics.map((topic) => [topic.name, topic]));
    this.#seeds = options.connection.brokers.map((address) => {
      const [host, port] = brokerAddress(address);
      return { host, port };
    });
    void this.#keep();
  }

  /** Why the cluster cannot be used now; '' where it can. */
  get trouble(): string {
    return this.#trouble;
  }

  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  get clusterId(): string {
    return this.#metadata?.clusterId ?? '';
  }

  /** From the topic table. Throws for a name that is not in it. */
  topic(name: string): Topic {
    const topic = this.#byName.get(name);
    if (!topic) throw new Error(`topic ${name} is not in the topic table`);
    return topic;
  }

  /** What Kafka calls a topic. */
  nameOf(topic: string): string {
    return this.#options.prefix + topic;
  }

  /** What a topic of Kafka is called here; undefined for one that has another prefix. */
  ownName(kafkaName: string): string | undefined {
    const { prefix } = this.#options;
    return kafkaName.startsWith(prefix) ? kafkaName.slice(prefix.length) : undefined;
  }

  /** As the brokers have it; undefined where they do not, or were not reached yet. */
  metadataOf(topic: string): TopicMetadata | undefined {
    return this.#topics.get(topic);
  }

  /** The broker that leads a partition; −1 where none is known. */
  leaderOf(topic: string, partition: number): number {
    return this.#topics.get(topic)?.leaders[partition] ?? -1;
  }

  /** A connection to a broker for one purpose, opened when it is used. */
  link(node: number, purpose: string): KafkaLink {
    const broker = this.#metadata?.brokers.find((known) => known.node === node);
    if (!broker) throw new Error(`broker ${node} is not known`);
    return this.#open(broker.host, broker.port, purpose);
  }

  /** A connection to any broker. */
  anyLink(purpose: string): KafkaLink {
    const brokers = this.#metadata?.brokers ?? [];
    const among = brokers.length > 0 ? brokers : this.#seeds;
    const { host, port } = among[Math.floor(Math.random() * among.length)] as { host: string; port: number };
    return this.#open(host, port, purpose);
  }

  async closeLinks(purpose: string): Promise<void> {
    const links = [...this.#links].filter(([key]) => key.startsWith(`${purpose} `));
    for (const [key] of links) this.#links.delete(key);
    await Promise.all(links.map(([, link]) => link.close()));
  }

  /** Asks the brokers again; those who ask meanwhile share the answer. Never rejects: `trouble` says how it went. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Resolves when the cluster can be used, it is closed, or the signal aborts. */
  async usable(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    while (this.#trouble && !this.closing.aborted && !signal.aborted)
      await Promise.race([this.#changed.promise, aborted]);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#changed.resolve();
    await Promise.all([...this.#links.values()].map((link) => link.close()));
    await this.#refreshing;
  }

  #open(host: string, port: number, purpose: string): KafkaLink {
    const key = `${purpose} ${host}:${port}`;
    let link = this.#links.get(key);
    if (!link) {
      link = new KafkaLink({ ...this.#options.connection, host, port });
      this.#links.set(key, link);
    }
    return link;
  }

  async #keep(): Promise<void> {
    for (let failures = 0; !this.closing.aborted; ) {
      await this.refresh();
      failures = this.#trouble ? failures + 1 : 0;
      await sleep(this.clock, failures > 0 ? backoff(failures - 1, RECONNECT) : METADATA_MS, this.closing);
    }
  }

  async #refresh(): Promise<void> {
    const errors: string[] = [];
    const known = this.#metadata?.brokers ?? [];
    // The seeds last: known brokers may all be gone, or have moved.
    for (const { host, port } of [...shuffled(known), ...shuffled(this.#seeds)]) {
      if (this.closing.aborted) return;
      const link = this.#open(host, port, 'metadata');
      try {
        this.#learn(await link.send(metadataRequest([...this.#byName.keys()].map((name) => this.nameOf(name)))));
        errors.length = 0;
        break;
      } catch (error) {
        const line = `${link.address}: ${reasonOf(error)}`;
        if (!errors.includes(line)) errors.push(line);
      }
    }
    this.#tell(errors.length > 0 ? `no Kafka broker answers (${errors.join('; ')})` : this.#faultOfTopics());
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    await sleep(this.clock, REFRESH_MS_MIN, this.closing);
    resolve();
  }

  #learn(metadata: ClusterMetadata): void {
    for (const topic of metadata.topics)
      if (topic.errorCode !== UNKNOWN_TOPIC && topic.errorCode !== NO_LEADER)
        checkAnswer(`metadata of topic ${topic.name}`, topic.errorCode);
    this.#metadata = metadata;
    const found = metadata.topics.filter(({ errorCode }) => errorCode !== UNKNOWN_TOPIC);
    this.#topics = new Map(found.map((topic) => [this.ownName(topic.name) as string, topic]));
  }

  #faultOfTopics(): string {
    const missing = [...this.#byName.keys()].filter((name) => !this.#topics.has(name)).map((name) => this.nameOf(name));
    if (missing.length > 0) return `topics are missing in Kafka: ${missing.join(', ')}; the migration makes them`;
    for (const { name, partitions } of this.#byName.values()) {
      const got = this.#topics.get(name)?.leaders.length;
      if (got !== partitions) return `topic ${this.nameOf(name)}: want ${partitions} partitions, got ${got}`;
    }
    return '';
  }

  /** Says what is wrong, each reason once, and once that it is over. */
  #tell(trouble: string): void {
    this.#trouble = trouble;
    if (this.closing.aborted) return;
    if (trouble) {
      if (this.#told.isNew(trouble))
        this.logger.error({ reason: trouble }, 'Kafka cannot be used; it is tried again until it can');
    } else if (!this.#told.isEmpty) {
      this.logger.info('Kafka can be used again');
      this.#told.clear();
    }
  }
}

/** host:port, where the host may be an IPv6 address in brackets. */
export function brokerAddress(address: string): [host: string, port: number] {
  const colon = address.lastIndexOf(':');
  return [address.slice(0, colon).replace(/^\[|\]$/g, ''), Number(address.slice(colon + 1))];
}

const shuffled = <T>(items: readonly T[]): T[] =>
  items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
