/** The schema on a real server: by one process at a time, and again where one was killed. */
import { randomUUID } from 'node:crypto';
import { StartError, systemClock } from '@clatter/runtime';
import { types } from 'cassandra-driver';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_DETAILS, decodeDetails } from '../conversation-details.ts';
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
    access: cassandraAccess(cassandra.config, linesLogger(lines)),
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

  it('leave readable what was written before groups had settings', async () => {
    await migrate(readMigrations().slice(0, 2));
    const [conversation, user] = [randomUUID(), randomUUID()];
    const client = await cassandra.client();
    const ids = [types.Uuid.fromString(conversation), types.Uuid.fromString(user)];
    const insert = (query: string, params: unknown[]): Promise<unknown> =>
      client.execute(`${query} USING TIMESTAMP 40`, params, { prepare: true });
    await insert("INSERT INTO conversations (conversation_id, kind, title) VALUES (?, 'group', 'Old')", [ids[0]]);
    await insert(
      "INSERT INTO members (conversation_id, user_id, role, joined_seq, removed_seq) VALUES (?, ?, 'member', 7, 0)",
      ids,
    );
    await insert(
      `INSERT INTO inbox (user_id, conversation_id, kind, peer_id, joined_seq, removed_seq, changed_at)
        VALUES (?, ?, 'group', 00000000-0000-0000-0000-000000000000, 7, 0, 5)`,
      ids.toReversed(),
    );
    await client.shutdown();
    const store = await cassandra.open();
    const [row] = await store.readConversations([conversation]);
    expect(row).toMatchObject({ title: 'Old', position: 40 });
    expect(decodeDetails(row?.details as Uint8Array)).toEqual(DEFAULT_DETAILS);
    const member = {
      userId: user,
      role: 'member',
      joinedSeq: 7,
      visibleFromSeq: 7,
      removedSeq: 0,
      banned: false,
      mentionSeqs: [],
    };
    expect(await store.readMember(conversation, user)).toEqual({ ...member, position: 40 });
    expect(await store.readInboxRow(user, conversation)).toMatchObject({ joinedSeq: 7, visibleFromSeq: 7 });
    await store.close();
  });

  it('bear a repeat, statement by statement', () => {
    for (const { statements } of readMigrations())
      for (const statement of statements)
        expect(statement).toMatch(/^(CREATE (TABLE|INDEX)|ALTER TABLE \w+ ADD) IF NOT EXISTS /);
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
