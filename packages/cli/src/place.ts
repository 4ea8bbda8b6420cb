/** The log that an operator means: that of a Kafka cluster, or of the data folder of a platform that is stopped. */
import {
  createEmbeddedLog,
  createKafkaLog,
  type EventLog,
  kafkaConfig,
  kafkaConnection,
  openStorage,
  topics,
  topicsOf,
} from '@clatter/log';
import { type Clock, type Logger, loadConfig } from '@clatter/runtime';

/** The topics that the tools of an operator read and write. */
const OPEN: ReadonlySet<string> = new Set([topics.dead.name, topics.commands.name]);

export interface Place {
  /** A data folder, where one was named on the command line. */
  readonly data?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Opens the log, makes nothing that is not there, and closes it when `use` is done. */
export async function withLog<T>(
  { data, env }: Place,
  parts: { readonly clock: Clock; readonly logger: Logger },
  use: (log: EventLog) => Promise<T>,
): Promise<T> {
  // One environment may serve all processes of a cluster, those with a data folder too; so Kafka comes before that.
  if (data === undefined && env.CLATTER_KAFKA_BROKERS) return withKafkaLog(env, parts, use);
  const dir = data ?? env.CLATTER_DATA_DIR;
  if (!dir)
    throw new Error(
      'want to know where the log is, got nothing: set CLATTER_KAFKA_BROKERS, or name the data folder of a stopped platform with --data',
    );
  return withDataFolder(dir, parts, use);
}

async function withKafkaLog<T>(
  env: Place['env'],
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  use: (log: EventLog) => Promise<T>,
): Promise<T> {
  const config = loadConfig(kafkaConfig, env);
  const log = createKafkaLog({
    connection: kafkaConnection(config, 'clatter-cli', logger),
    prefix: config.CLATTER_KAFKA_PREFIX,
    clock,
    logger,
    topics: topicsOf(config.CLATTER_KAFKA_PARTITIONS).filter(({ name }) => OPEN.has(name)),
  });
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}

async function withDataFolder<T>(
  dir: string,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  use: (log: EventLog) => Promise<T>,
): Promise<T> {
  const storage = await openStorage({ dir, logger, make: false });
  try {
    const log = await createEmbeddedLog({ storage, clock, logger });
    try {
      return await use(log);
    } finally {
      await log.close();
    }
  } finally {
    await storage.close();
  }
}
