/**
 * The EventLog of one process: one partition per topic, over Storage.
 *
 * A record is handed to its readers at once and appended to disk with the next group commit. What a reader writes for it goes through the
 * same storage, so it is in the same group or a later one: whatever stands on disk, the records that it was derived from stand too. So
 * a command needs no fsync of its own before it is acknowledged, and an offset is never used again for another record once anything
 * that was derived from it is on disk.
 */
import { randomUUID } from 'node:crypto';
import type { Clock, Logger } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { COMMIT_TABLE, EmbeddedCommits } from './embedded-commits.ts';
import { EmbeddedConsumer } from './embedded-consumer.ts';
import { startRetention } from './embedded-retention.ts';
import { EmbeddedTopic, TOPIC_TABLES, topicStatements } from './embedded-topic.ts';
import type { Appended, EventLog, NewRecord } from './event-log.ts';
import type { Storage } from './storage.ts';
import { type Topic, topics as topicTable } from './topics.ts';

/** Records of a topic that are not on disk yet; past it sends are refused. */
const VOLATILE_BYTES_MAX = 64 << 20;

const TABLES = [`${TOPIC_TABLES} ${COMMIT_TABLE} CREATE TABLE log_identity (log_id TEXT NOT NULL);`];

export interface EmbeddedLogOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly topics?: readonly Topic[];
}

/** Opens the log that lies in a storage, or makes it. */
export async function createEmbeddedLog({
  storage,
  clock,
  logger,
  topics = Object.values(topicTable),
}: EmbeddedLogOptions): Promise<EventLog> {
  await storage.migrate('log', TABLES);
  const logId = await identify(storage);
  const byName = await openTopics(topics, storage, clock);
  const commits = await EmbeddedCommits.load(storage, clock);
  const retention = startRetention({ topics: [...byName.values()], commits, storage, clock, logger });
  const consumers = new Set<EmbeddedConsumer>();
  let closed = false;

  storage.onGroup((add) => {
    const told = [commits.contribute(add)];
    for (const topic of byName.values()) {
      const tell = topic.contribute(add);
      if (tell) told.push(tell);
    }
    return () => {
      for (const tell of told) tell();
    };
  });

  const topicOf = (name: string): EmbeddedTopic => {
    const topic = byName.get(name);
    if (!topic) throw new Error(`topic ${name} is not in the topic table`);
    return topic;
  };
  const send = async (name: string, record: NewRecord): Promise<Appended> => {
    const topic = topicOf(name);
    const { ok, reason } = storage.health();
    if (closed) throw new ClatterError('UNAVAILABLE', 'the log is closed');
    if (!ok) throw new ClatterError('UNAVAILABLE', reason);
    if (topic.volatileBytes > VOLATILE_BYTES_MAX)
      throw new ClatterError('UNAVAILABLE', 'the disk does not keep up with what is sent');
    const offset = topic.append(record);
    await storage.write([]);
    return { partition: 0, offset };
  };

  return {
    partitions(name) {
      topicOf(name);
      return 1;
    },
    producer: () => ({ send }),
    consume(options) {
      const consumer = new EmbeddedConsumer(options, options.topics.map(topicOf), {
        logId,
        logger,
        committed: (topic) => commits.get(options.group, topic),
        commit: (topic, next) => commits.commit(options.group, topic, next),
        flushCommits: () => commits.flush(),
        onClosed: () => consumers.delete(consumer),
      });
      consumers.add(consumer);
      return consumer;
    },
    health: () => storage.health(),
    async close() {
      retention.stop();
      await Promise.all([...consumers].map((consumer) => consumer.close()));
      closed = true;
      commits.flush();
      if (storage.health().ok) await storage.write([]);
    },
  };
}

/** The name of this log for ever, made when it is. */
async function identify(storage: Storage): Promise<string> {
  const [row] = await storage.read(storage.statement('SELECT log_id FROM log_identity'), []);
  if (row) return row[0] as string;
  const logId = randomUUID();
  await storage.write([{ statement: storage.statement('INSERT INTO log_identity VALUES (?)'), params: [logId] }]);
  return logId;
}

async function openTopics(
  topics: readonly Topic[],
  storage: Storage,
  clock: Clock,
): Promise<ReadonlyMap<string, EmbeddedTopic>> {
  const rows = await storage.read(storage.statement('SELECT name, number FROM log_topics'), []);
  const numbers = new Map(rows.map(([name, number]) => [name as string, number as number]));
  const insert = storage.statement('INSERT INTO log_topics VALUES (?, ?)');
  const statements = topicStatements(storage);
  const opened = new Map<string, EmbeddedTopic>();
  for (const topic of topics) {
    let number = numbers.get(topic.name);
    if (number === undefined) {
      number = Math.max(0, ...numbers.values()) + 1;
      numbers.set(topic.name, number);
      await storage.write([{ statement: insert, params: [number, topic.name] }]);
    }
    opened.set(topic.name, await EmbeddedTopic.open(topic, number, storage, statements, clock));
  }
  return opened;
}
