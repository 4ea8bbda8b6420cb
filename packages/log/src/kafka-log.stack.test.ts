/**
 * The log on a real Kafka passes the contract. A process that dies is one whose sockets are cut and stay so: the broker learns of it as it
 * would of kill -9.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { createLogger, systemClock } from '@clatter/runtime';
import { eventLogContract } from './event-log.contract.ts';
import type { EventLog } from './event-log.ts';
import type { OpenSocket } from './kafka-link.ts';
import { createKafkaLog } from './kafka-log.ts';
import { deleteTopics, testBrokers } from './kafka-testing.ts';
import { migrateTopics } from './kafka-topics.ts';
import type { Topic } from './topics.ts';

/** A network that can be cut. */
class Network {
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

eventLogContract('Kafka', async (topics: readonly Topic[]) => {
  const brokers = testBrokers();
  const logger = createLogger({ service: 'test', level: process.env.LOG_LEVEL ?? 'silent' });
  const prefix = `t${randomBytes(4).toString('hex')}.`;
  const clock = systemClock;
  const logs: EventLog[] = [];
  await migrateTopics({
    connection: { brokers, clientId: 'test' },
    prefix,
    replicas: 1,
    minInSync: 1,
    clock,
    logger,
    topics,
  });
  const open = (network: Network): EventLog => {
    const log = createKafkaLog({
      connection: { brokers, clientId: 'test', openSocket: network.open },
      prefix,
      clock,
      logger,
      topics,
    });
    logs.push(log);
    return log;
  };
  /** Sends wait for nobody: the first ones find the brokers. */
  const started = async (network: Network): Promise<EventLog> => {
    const log = open(network);
    while (!log.health().ok) await new Promise((resolve) => setTimeout(resolve, 5));
    return log;
  };
  let network = new Network();
  let log = await started(network);
  return {
    get log() {
      return log;
    },
    async restart() {
      await log.close();
      log = await started(network);
    },
    async crash() {
      network.cut();
      network = new Network();
      log = await started(network);
    },
    async refuse() {
      network.cut();
      return async () => network.mend();
    },
    another: () => started(new Network()),
    async end() {
      await Promise.all(logs.map((each) => each.close()));
      await deleteTopics(
        brokers,
        topics.map(({ name }) => prefix + name),
      );
    },
  };
});
