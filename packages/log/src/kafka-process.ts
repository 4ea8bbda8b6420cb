/** The log of a process that runs one service: what it writes to and reads from is there before it starts. */
import { type Clock, type Health, type Logger, type Metrics, StartError } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import type { EventLog } from './event-log.ts';
import { type KafkaConfig, kafkaConnection } from './kafka-config.ts';
import { createKafkaLog } from './kafka-log.ts';
import { migrateTopics } from './kafka-topics.ts';
import { topicsOf } from './topics.ts';

/** One try to make the topics. */
const TRY_MS = 5000;

interface LogProcess {
  readonly config: KafkaConfig;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  onStop(close: () => unknown): void;
  needs(health: () => Health): void;
  waitFor<T>(what: string, attempt: () => Promise<T>): Promise<T>;
}

/** Waits for the brokers as long as it takes. Rejects with a StartError where the topics are others than the table says. */
export async function openKafkaLog(process: LogProcess, clientId: string): Promise<EventLog> {
  const { config, logger, metrics, clock } = process;
  const connection = kafkaConnection(config, clientId, logger);
  const prefix = config.CLATTER_KAFKA_PREFIX;
  const topics = topicsOf(config.CLATTER_KAFKA_PARTITIONS);
  const log = createKafkaLog({ connection, prefix, topics, clock, logger, metrics });
  process.onStop(() => log.close());
  process.needs(() => {
    const { ok, reason } = log.health();
    return { ok, reasons: ok ? [] : [reason] };
  });
  await process.waitFor('Kafka', async () => {
    try {
      await migrateTopics({
        connection,
        prefix,
        topics,
        replicas: config.CLATTER_KAFKA_REPLICAS,
        minInSync: config.CLATTER_KAFKA_MIN_INSYNC,
        clock,
        // Whoever waits says so.
        logger: logger.child({}, { level: 'silent' }),
        waitMs: TRY_MS,
      });
    } catch (error) {
      if (error instanceof ClatterError && error.code === 'CONFLICT') throw new StartError(error.message);
      throw error;
    }
  });
  return log;
}
