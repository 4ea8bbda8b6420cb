/**
 * What the log on Kafka costs: CPU of this process per record that was sent, read and committed, at several rates.
 *
 *   node packages/log/dist/kafka-cost.js 127.0.0.1:19092 [partitions]
 */
import { randomUUID } from 'node:crypto';
import { createLogger, systemClock } from '@clatter/runtime';
import type { LogRecord } from './event-log.ts';
import { createKafkaLog, type KafkaLogOptions } from './kafka-log.ts';
import { TestTopics } from './kafka-testing.ts';
import type { Topic } from './topics.ts';

const [broker = '127.0.0.1:19092', partitions = '256'] = process.argv.slice(2);
const RUN_MS = 5000;
const VALUE_BYTES = 250;
const HEADERS = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', schema: '1', rules: '1' };

const topic: Topic = {
  name: 'cost',
  partitions: Number(partitions),
  retentionMs: 3_600_000,
  acks: 'all',
  purpose: 'figures',
};
const kafka = new TestTopics([broker], [topic]);
await kafka.migrate();
const options: KafkaLogOptions = {
  connection: { brokers: [broker], clientId: 'cost' },
  prefix: kafka.prefix,
  clock: systemClock,
  logger: createLogger({ service: 'cost', level: 'fatal' }),
  topics: kafka.topics,
};
const log = createKafkaLog(options);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
while (!log.health().ok) await pause(10);

const keys = Array.from({ length: 2000 }, () => randomUUID());
let latencies: number[] = [];
const consumer = log.consume({
  group: 'cost',
  topics: [topic.name],
  start: 'beginning',
  assign: async (assignment) => ({
    onBatch: async (records) => {
      const now = performance.now();
      for (const { value } of records) latencies.push(now - (value as Buffer).readDoubleBE(0));
      assignment.commit((records.at(-1) as LogRecord).offset + 1).catch(() => undefined);
    },
    stop: async () => undefined,
  }),
});
await consumer.ready();
await pause(3000);

function send(): Promise<unknown> {
  const value = Buffer.alloc(VALUE_BYTES, 7);
  value.writeDoubleBE(performance.now(), 0);
  const key = keys[Math.floor(Math.random() * keys.length)] as string;
  return log.producer().send(topic.name, { key, value, headers: HEADERS });
}

/** Open loop: what is due is sent, however long the ones before take. */
async function atRate(perSecond: number): Promise<number> {
  const sending: Promise<unknown>[] = [];
  for (const startMs = performance.now(); performance.now() - startMs < RUN_MS; await pause(1))
    while (sending.length < ((performance.now() - startMs) * perSecond) / 1000) sending.push(send());
  await Promise.all(sending);
  return sending.length;
}

/** As fast as it goes, with a bounded number under way. */
async function atMost(underWay: number, total: number): Promise<number> {
  let sent = 0;
  const one = async (): Promise<void> => {
    while (sent++ < total) await send();
  };
  await Promise.all(Array.from({ length: underWay }, one));
  return total;
}

async function measure(name: string, run: () => Promise<number>): Promise<void> {
  latencies = [];
  const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
  const count = await run();
  while (latencies.length < count) await pause(5);
  const { user, system } = process.cpuUsage(startCpu);
  const seconds = (performance.now() - startMs) / 1000;
  latencies.sort((a, b) => a - b);
  const quantile = (at: number): string => (latencies[Math.floor(at * (count - 1))] as number).toFixed(1);
  process.stdout.write(
    `${name}: ${Math.round(count / seconds)} records/s, ${((user + system) / count).toFixed(1)} µs of CPU each, end to end p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms\n`,
  );
}

await measure('warming up', () => atMost(2000, 20_000));
await measure('5000 under way', () => atMost(5000, 150_000));
for (const rate of [500, 2000, 8000]) await measure(`${rate} a second`, () => atRate(rate));
await consumer.close();
await log.close();
await kafka.end();
