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
import { EmbeddedConsumer } from './embedded-consumer.ts';
import { EmbeddedTopic, TOPIC_OFFSETS, TOPIC_TABLES } from './embedded-topic.ts';
import type { EventLog } from './event-log.ts';
import type { Storage } from './storage.ts';
import { type Topic, topics as topicTable } from './topics.ts';

/** Records that are not on disk yet; past it sends are refused. */
const VOLATILE_BYTES_MAX = 64 << 20;
const RETENTION_EVERY_MS = 10 * 60_000;

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
  await storage.migrate('log', TOPIC_TABLES);
  const statements = {
    insert: storage.statement('INSERT INTO log_chunks VALUES (?, ?, ?, ?)'),
    at: storage.statement(
      'SELECT key, count, last_ms, records FROM log_chunks WHERE key <= ? AND key >= ? ORDER BY key DESC LIMIT 1',
    ),
    after: storage.statement(
      'SELECT key, count, last_ms, records FROM log_chunks WHERE key > ? AND key < ? ORDER BY key LIMIT 1',
    ),
    since: storage.statement(
      'SELECT key FROM log_chunks WHERE key >= ? AND key < ? AND last_ms >= ? ORDER BY key LIMIT 1',
    ),
    names: storage.statement('SELECT name, number FROM log_topics'),
    name: storage.statement('INSERT INTO log_topics VALUES (?, ?)'),
    commits: storage.statement('SELECT reader_group, topic, next_offset FROM log_commits'),
    commit: storage.statement(
      'INSERT INTO log_commits VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset WHERE excluded.next_offset > next_offset',
    ),
    identity: storage.statement('SELECT log_id FROM log_identity'),
    identify: storage.statement('INSERT INTO log_identity VALUES (?)'),
    expire: storage.statement(
      'DELETE FROM log_chunks WHERE key >= ? AND key + count <= ? AND last_ms < ? AND key IN (SELECT key FROM log_chunks WHERE key >= ? ORDER BY key LIMIT 200)',
    ),
  };
  const identity = await storage.read(statements.identity, []);
  const logId = (identity[0]?.[0] as string | undefined) ?? randomUUID();
  if (identity.length === 0) await storage.write([{ statement: statements.identify, params: [logId] }]);

  const numbers = new Map(
    (await storage.read(statements.names, [])).map(([name, number]) => [name as string, number as number]),
  );
  const byName = new Map<string, EmbeddedTopic>();
  const numberOf = new Map<string, number>();
  for (const topic of topics) {
    let number = numbers.get(topic.name);
    if (number === undefined) {
      number = Math.max(0, ...numbers.values()) + 1;
      numbers.set(topic.name, number);
      await storage.write([{ statement: statements.name, params: [number, topic.name] }]);
    }
    const base = number * TOPIC_OFFSETS;
    const [last] = await storage.read(statements.at, [base + TOPIC_OFFSETS - 1, base]);
    const endOffset = last ? (last[0] as number) - base + (last[1] as number) : 0;
    numberOf.set(topic.name, number);
    byName.set(
      topic.name,
      new EmbeddedTopic(topic, number, endOffset, (last?.[2] as number) ?? 0, storage, statements, clock),
    );
  }

  const committed = new Map<string, number>();
  for (const [group, topic, next] of await storage.read(statements.commits, []))
    committed.set(`${group}\n${topic}`, next as number);
  /** Commits that are not on disk yet. */
  let dirty = new Map<string, number>();
  let flushTimer: (() => void) | undefined;

  storage.onGroup((add) => {
    const told = [...byName.values()].map((topic) => topic.contribute(add));
    for (const [key, next] of dirty) add(statements.commit, [...(key.split('\n') as [string, string]), next]);
    dirty = new Map();
    return () => {
      for (const tell of told) tell?.();
    };
  });

  const topicOf = (name: string): EmbeddedTopic => {
    const topic = byName.get(name);
    if (!topic) throw new Error(`topic ${name} is not in the topic table`);
    return topic;
  };

  const commit = (group: string, topic: string, next: number): Promise<void> => {
    const key = `${group}\n${topic}`;
    if (next <= (committed.get(key) ?? -1)) return Promise.resolve();
    committed.set(key, next);
    dirty.set(key, next);
    // Goes along with the next group; without one, soon: a commit is worth no fsync of its own.
    flushTimer ??= clock.timer(COMMIT_LINGER_MS, () => {
      flushTimer = undefined;
      void storage.write([]);
    });
    return Promise.resolve();
  };

  const consumers = new Set<EmbeddedConsumer>();
  const expire = async (): Promise<void> => {
    for (const [name, topic] of byName) {
      const base = (numberOf.get(name) as number) * TOPIC_OFFSETS;
      const readers = [...committed].filter(([key]) => key.endsWith(`\n${name}`)).map(([, next]) => next);
      const below = Math.min(topic.endOffset - 1, ...readers);
      await storage.write([
        { statement: statements.expire, params: [base, base + below, clock.nowMs() - topic.topic.retentionMs, base] },
      ]);
    }
  };
  const scheduleExpiry = (): (() => void) =>
    clock.timer(RETENTION_EVERY_MS, () => {
      expire().catch((error) => logger.warn({ err: error }, 'old records were not deleted; it is tried again later'));
      cancelExpiry = scheduleExpiry();
    });
  let cancelExpiry = scheduleExpiry();

  const health = (): { ok: boolean; reason: string } => storage.health();

  return {
    partitions(name) {
      topicOf(name);
      return 1;
    },
    producer: () => ({
      send(name, record) {
        const topic = topicOf(name);
        const { ok, reason } = health();
        if (!ok) return Promise.reject(new ClatterError('UNAVAILABLE', reason));
        if (topic.volatileBytes > VOLATILE_BYTES_MAX)
          return Promise.reject(new ClatterError('UNAVAILABLE', 'the disk does not keep up with what is sent'));
        const offset = topic.append(record);
        return storage.write([]).then(() => ({ partition: 0, offset }));
      },
    }),
    consume(options) {
      const consumer = new EmbeddedConsumer(options, options.topics.map(topicOf), {
        logId,
        logger,
        committed: (topic) => committed.get(`${options.group}\n${topic}`),
        commit: (topic, next) => commit(options.group, topic, next),
        offsetSince: async (topic, sinceMs) => {
          const base = (numberOf.get(topic) as number) * TOPIC_OFFSETS;
          const [row] = await storage.read(statements.since, [base, base + TOPIC_OFFSETS, sinceMs]);
          return row ? (row[0] as number) - base : topicOf(topic).endOffset;
        },
        onClosed: () => consumers.delete(consumer),
      });
      consumers.add(consumer);
      return consumer;
    },
    health,
    async close() {
      cancelExpiry();
      await Promise.all([...consumers].map((consumer) => consumer.close()));
      flushTimer?.();
      await storage.write([]);
    },
  };
}

const COMMIT_LINGER_MS = 200;
