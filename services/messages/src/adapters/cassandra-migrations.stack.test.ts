/** The schema on a real server: by one process at a time, and again where one was killed. */
import { randomUUID } from 'node:crypto';
import { StartError, systemClock } from '@clatter/runtime';
import { types } from 'cassandra-driver';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cassandraAccess } from './cassandra-access.ts';
import { type Migration, migrateCassandra, parseMigration, readMigrations } from './cassandra-migrations.ts';
import { type CassandraUnderTest, cassandraUnderTest, linesLogger } from './cassandra-under-test.ts';

const sample = (...statements: string[]): Migration => parseMigration(1, '001_sample.cql', statements.join(';'));
const TABLE = 'CREATE TABLE IF NOT EXISTS sample (id int PRIMARY KEY)';
const OTHER = 'CREATE TABLE IF NOT EXISTS other (id int PRIMARY KEY)';

let cassandra: CassandraUnderTest;
const lines: string[] = [];

beforeEach(async () => {
  cassandra = await cassandraUnderTest();
  lines.length = 0;
});
afterEach(() => cassandra.drop());

const migrate = (migrations?: Migration[]): Promise<void> =>
  migrateCassandra({
    access: cassandraAccess(cassandra.config),
    config: cassandra.config,
    clock: systemClock,
    logger: linesLogger(lines),
    signal: new AbortController().signal,
    ...(migrations && { migrations }),
  });

const changes = (): string[] => lines.filter((line) => line === 'info: changing the schema');

describe('the migrations', () => {
  it('are applied once, whoever comes, and all see them when they go on', async () => {
    const tables = async (): Promise<void> => {
      await migrate();
      const client = await cassandra.client();
      try {
        await client.execute('SELECT seq FROM conversation_log LIMIT 1');
        await client.execute('SELECT stored_at FROM inbox LIMIT 1');
      } finally {
        await client.shutdown();
      }
    };
    await Promise.all([tables(), tables(), tables(), tables()]);
    expect(changes()).toHaveLength(readMigrations().length);
    await tables();
    expect(changes()).toHaveLength(readMigrations().length);
  });

  it('bear a repeat, statement by statement', () => {
    for (const { statements } of readMigrations())
      for (const statement of statements) expect(statement).toMatch(/^CREATE (TABLE|INDEX) IF NOT EXISTS /);
  });

  it('go on where one was interrupted, from the start of its file', async () => {
    await expect(migrate([sample(TABLE, 'CREATE NONSENSE')])).rejects.toThrow('NONSENSE');
    await migrate([sample(TABLE, OTHER)]);
    const client = await cassandra.client();
    await client.execute('SELECT id FROM other');
    await client.shutdown();
    expect(changes()).toHaveLength(2);
  });

  it('are refused where an applied file was changed, with what to do', async () => {
    await migrate([sample(TABLE)]);
    const changed = migrate([sample(TABLE, OTHER)]);
    await expect(changed).rejects.toThrow(StartError);
    await expect(changed).rejects.toThrow(
      /^001_sample\.cql was changed after it was applied to keyspace test_messages_\w+ \(want checksum \w{64}, got \w{64}\): restore the file and add a new one$/,
    );
    await expect(migrate([sample(`-- a comment\n${TABLE}\n`)])).resolves.toBeUndefined();
  });

  it('wait for the lock of another process until it expires', async () => {
    await migrate([sample(TABLE)]);
    const client = await cassandra.client();
    const lock = 'UPDATE schema_migrations USING TTL 2 SET holder = ? WHERE scope = ? IF holder = null';
    await client.execute(lock, [types.Uuid.fromString(randomUUID()), 'messages'], { prepare: true });
    await client.shutdown();
    await migrate([sample(TABLE), parseMigration(2, '002_sample.cql', OTHER)]);
    expect(lines[0]).toBe('info: changing the schema');
    expect(lines[1]).toContain('another process is changing the schema');
    expect(changes()).toHaveLength(2);
  });
});
