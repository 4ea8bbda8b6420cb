/**
 * The EventLog on Kafka. Nothing here waits for the brokers at the start: what needs them waits for them by itself, `health` tells, and all
 * comes back when they do. Topics are made by `migrateTopics`.
 */
import type { Clock, Logger, Metrics } from '@clatter/runtime';
import type { EventLog } from './event-log.ts';
import { KafkaCluster, type KafkaConnection } from './kafka-cluster.ts';
import { KafkaGroup } from './kafka-group.ts';
import { KafkaProducer } from './kafka-producer.ts';
import { KafkaEphemeralReader } from './kafka-reader.ts';
import { type Topic, topics as topicTable } from './topics.ts';

export interface KafkaLogOptions {
  readonly connection: KafkaConnection;
  /** What Kafka's names of topics and groups begin with, so that several platforms can share a cluster. */
  readonly prefix?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly topics?: readonly Topic[];
}

export function createKafkaLog(options: KafkaLogOptions): EventLog {
  const { connection, prefix = '', clock, logger, metrics, topics = Object.values(topicTable) } = options;
  const cluster = new KafkaCluster({ connection, prefix, topics, clock, logger });
  const producer = new KafkaProducer(cluster);
  const readers = new Set<KafkaGroup | KafkaEphemeralReader>();
  let count = 0;
  if (metrics) watch(metrics, producer, readers);

  return {
    partitions: (topic) => cluster.topic(topic).partitions,
    producer: () => producer,
    consume(wanted) {
      const of = { ...wanted, group: prefix + wanted.group };
      for (const topic of of.topics) cluster.topic(topic);
      const Reader = of.ephemeral ? KafkaEphemeralReader : KafkaGroup;
      const reader: KafkaGroup | KafkaEphemeralReader = new Reader(cluster, of, `${count++}`, () =>
        readers.delete(reader),
      );
      readers.add(reader);
      return reader;
    },
    health() {
      const reason = cluster.trouble || producer.trouble;
      return { ok: reason === '', reason };
    },
    async close() {
      await Promise.all([...readers].map((reader) => reader.close()));
      await producer.close();
      await cluster.close();
    },
  };
}

function watch(metrics: Metrics, producer: KafkaProducer, readers: ReadonlySet<{ readonly lag: number }>): void {
  const { counts } = producer;
  metrics.gauge('clatter_log_lag_records', 'Records in the log that this process has not handled', () =>
    [...readers].reduce((lag, reader) => lag + reader.lag, 0),
  );
  metrics.gauge('clatter_log_waiting_bytes', 'Bytes sent to the log and not appended yet', () => producer.waitingBytes);
  metrics.gauge('clatter_log_appended_records', 'Records appended since the start', () => counts.records);
  metrics.gauge('clatter_log_produce_requests', 'Produce requests since the start', () => counts.requests);
  metrics.gauge('clatter_log_produce_batches', 'Batches of partitions since the start', () => counts.batches);
  metrics.gauge('clatter_log_failed_records', 'Sends that failed since the start', () => counts.failed);
}
