/** What tests against a real Kafka need beside the adapter: topics of their own, and a network that can be cut. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { createLogger, type Logger, systemClock } from '@clatter/runtime';
import type { EventLog } from './event-log.ts';
import { brokerAddress } from './kafka-cluster.ts';
import { KafkaLink, type OpenSocket } from './kafka-link.ts';
import { createKafkaLog } from './kafka-log.ts';
import { migrateTopics } from './kafka-topics.ts';
import type { Topic } from './topics.ts';

/** Throws where there is no broker to test against. */
export function testBrokers(): readonly string[] {
  const brokers = process.env.CLATTER_TEST_KAFKA;
  if (!brokers)
    throw new Error('CLATTER_TEST_KAFKA: want a broker such as 127.0.0.1:19092 (make stack-up), got nothing');
  return brokers.split(',');
}

export const testLogger = (): Logger => createLogger({ service: 'test', level: 'silent' });

/** The network of one process. Cut, it loses its connections and opens none. */
export class Network {
  readonly #sockets = new Set<Socket>();
  #down = false;

  readonly open: OpenSocket = ({ host, port, onConnect }) => {
    const socket = connect({ host, port }, onConnect);
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    if (this.#down) socket.destroy(new Error('the network is down'));
    return socket;
  };

  cut(): void {
    this.#down = true;
    for (const socket of this.#sockets) socket.destroy(new Error('the network is down'));
  }

  mend(): void {
    this.#down = false;
  }
}

/** A platform's topics on a broker, under a prefix of their own. */
export class TestTopics {
  readonly brokers: readonly string[];
  readonly topics: readonly Topic[];
  readonly prefix = `t${randomBytes(6).toString('hex')}.`;
  readonly #logs: EventLog[] = [];

  constructor(brokers: readonly string[], topics: readonly Topic[]) {
    this.brokers = brokers;
    this.topics = topics;
  }

  migrate(topics = this.topics, { replicas, minInSync } = { replicas: 1, minInSync: 1 }): Promise<void> {
    return migrateTopics({
      connection: { brokers: this.brokers, clientId: 'test' },
      prefix: this.prefix,
      replicas,
      minInSync,
      clock: systemClock,
      logger: testLogger(),
      topics,
    });
  }

  /** The log as a process of its own has it. */
  open({ network = new Network(), logger = testLogger() } = {}): EventLog {
    const log = createKafkaLog({
      connection: { brokers: this.brokers, clientId: 'test', openSocket: network.open },
      prefix: this.prefix,
      clock: systemClock,
      logger,
      topics: this.topics,
    });
    this.#logs.push(log);
    return log;
  }

  link(): KafkaLink {
    const [host, port] = brokerAddress(this.brokers[0] as string);
    return new KafkaLink({ host, port, clientId: 'test' });
  }

  async drop(): Promise<void> {
    const link = this.link();
    const topics = this.topics.map(({ name }) => this.prefix + name);
    await link.call('DeleteTopics', { topics, timeout: 5000 }, 5000);
    await link.close();
  }

  async end(): Promise<void> {
    await Promise.all(this.#logs.map((log) => log.close()));
    await this.drop();
  }
}
