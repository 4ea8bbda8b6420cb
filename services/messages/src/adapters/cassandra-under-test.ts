/** Stores in a keyspace of their own on the Cassandra that the environment names. */
import { randomBytes } from 'node:crypto';
import { createLogger, createMetrics, type Logger, loadConfig, systemClock } from '@clatter/runtime';
import { Client } from 'cassandra-driver';
import { type CassandraConfig, cassandraConfig } from '../cassandra-config.ts';
import {
  type CassandraMessageStore,
  type CassandraMessageStoreParts,
  createCassandraMessageStore,
} from './cassandra-message-store.ts';

const ADDRESS = 'CLATTER_TEST_CASSANDRA';

export interface CassandraUnderTest {
  /** host:port of the server. */
  readonly address: string;
  readonly config: CassandraConfig;
  /** A store of its own that begins to connect. */
  create(parts?: Partial<CassandraMessageStoreParts>): CassandraMessageStore;
  /** The same, connected. */
  open(parts?: Partial<CassandraMessageStoreParts>): Promise<CassandraMessageStore>;
  /** A client of its own in the keyspace, for what the port does not show. */
  client(): Promise<Client>;
  drop(): Promise<void>;
}

export async function cassandraUnderTest(): Promise<CassandraUnderTest> {
  const address = process.env[ADDRESS];
  if (!address) throw new Error(`${ADDRESS}: want host:port of a Cassandra for tests, got nothing; make test sets it`);
  const config = loadConfig(cassandraConfig, {
    CLATTER_CASSANDRA_CONTACT_POINTS: address,
    CLATTER_CASSANDRA_KEYSPACE: `test_messages_${randomBytes(6).toString('hex')}`,
    CLATTER_CASSANDRA_REPLICAS: '1',
  });
  const create: CassandraUnderTest['create'] = (parts = {}) =>
    createCassandraMessageStore({
      config,
      logger: createLogger({ service: 'test', level: 'silent' }),
      metrics: createMetrics(),
      clock: systemClock,
      ...parts,
    });
  const access = { contactPoints: [address], localDataCenter: config.CLATTER_CASSANDRA_DATACENTER };
  return {
    address,
    config,
    create,
    async open(parts) {
      const store = create(parts);
      await store.ready();
      return store;
    },
    async client() {
      const client = new Client({ ...access, keyspace: config.CLATTER_CASSANDRA_KEYSPACE });
      await client.connect();
      return client;
    },
    async drop() {
      const client = new Client(access);
      try {
        await client.execute(`DROP KEYSPACE IF EXISTS ${config.CLATTER_CASSANDRA_KEYSPACE}`);
      } finally {
        await client.shutdown();
      }
    },
  };
}

/** A logger that gathers what it is told, as `level: message`. */
export function linesLogger(lines: string[]): Logger {
  const take =
    (level: string) =>
    (first: unknown, second?: string): void =>
      void lines.push(`${level}: ${second ?? String(first)}`);
  const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'];
  return Object.fromEntries(levels.map((level) => [level, take(level)])) as unknown as Logger;
}
