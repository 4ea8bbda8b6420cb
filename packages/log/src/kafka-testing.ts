/** What tests against a real Kafka need beside the adapter. */
import { brokerAddress } from './kafka-cluster.ts';
import { KafkaLink } from './kafka-link.ts';

/** Fails with one clear line where there is no broker to test against. */
export function testBrokers(): readonly string[] {
  const brokers = process.env.CLATTER_TEST_KAFKA;
  if (!brokers) throw new Error('CLATTER_TEST_KAFKA is not set: want a broker such as 127.0.0.1:19092 (make stack-up)');
  return brokers.split(',');
}

export async function deleteTopics(brokers: readonly string[], topics: readonly string[]): Promise<void> {
  const [host, port] = brokerAddress(brokers[0] as string);
  const link = new KafkaLink({ host, port, clientId: 'test' });
  await link.call('DeleteTopics', { topics, timeout: 5000 }, 5000);
  await link.close();
}
