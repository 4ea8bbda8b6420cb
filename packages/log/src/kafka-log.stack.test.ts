/**
 * The log on a real Kafka passes the contract. A process that dies is one whose sockets are cut and stay so: the broker learns of it as it
 * would of kill -9.
 */

import { eventLogContract } from './event-log.contract.ts';
import type { EventLog } from './event-log.ts';
import { Network, TestTopics, testBrokers } from './kafka-testing.ts';

eventLogContract('Kafka', async (topics) => {
  const kafka = new TestTopics(testBrokers(), topics);
  await kafka.migrate();
  /** A log that has found the brokers: until then it refuses sends. */
  const start = async (network: Network): Promise<EventLog> => {
    const log = kafka.open({ network });
    while (!log.health().ok) await new Promise((resolve) => setTimeout(resolve, 5));
    return log;
  };
  let network = new Network();
  let log = await start(network);
  return {
    get log() {
      return log;
    },
    async restart() {
      await log.close();
      log = await start(network);
    },
    async crash() {
      network.cut();
      network = new Network();
      log = await start(network);
    },
    async refuse() {
      network.cut();
      return async () => network.mend();
    },
    another: () => start(new Network()),
    end: () => kafka.end(),
  };
});
