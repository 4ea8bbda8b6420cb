/**
 * The EventLog on Kafka. Nothing here waits for the brokers at the start: what needs them waits for them by itself, `health` tells, and all
 * comes back when they do. Topics are made by `migrateTopics`.
 */
import type { Clock, Counter, Logger, Metrics } from '@clatter/runtime';
import type { EventLog } from './event-log.ts';
import { KafkaCluster, type KafkaConnection } from './kafka-cluster.ts';
import { KafkaGroup } from './kafka-group.ts';
import { KafkaProducer, type ProducerCounters } from './kafka-producer.ts';
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
  const producer = new KafkaProducer(cluster, countersOf(metrics));
  const readers = new Set<KafkaGroup | KafkaEphemeralReader>();
  let count = 0;
  metrics?.gauge('clatter_log_lag_records', 'Records in the log that this process has not handled', () =>
    [...readers].reduce((lag, reader) => lag + reader.lag, 0),
  );
  metrics?.gauge(
    'clatter_log_waiting_bytes',
    'Bytes sent to the log that it has not taken',
    () => producer.waitingBytes,
  );

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

/** Counters that nobody reads where there are no metrics. */
function countersOf(metrics: Metrics | undefined): ProducerCounters {
  const counter = (name: string, help: string): Counter => metrics?.counter(name, help) ?? { add: () => undefined };
  return {
    requests: counter('clatter_log_produce_requests_total', 'Requests to append to the log'),
    batches: counter('clatter_log_produce_batches_total', 'Batches of one partition in those requests'),
    records: counter('clatter_log_appended_records_total', 'Records that were appended to the log'),
    failed: counter('clatter_log_failed_records_total', 'Sends to the log that failed'),
  };
}
