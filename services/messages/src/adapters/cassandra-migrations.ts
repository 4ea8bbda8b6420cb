/**
 * Brings a keyspace to the schema of migrations/NNN_name.cql: each file once, in order, by one process at a time. A process that is killed
 * in between leaves its lock to expire and the file to be applied again: so every statement bears a repeat. A file that was applied is
 * never changed.
 *
 *   schema_migrations  scope 'messages' → holder (static, LWT, expires) ; number → name, checksum
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { backoff, type Clock, type Logger, StartError, sleep } from '@clatter/runtime';
import { Client, errors, types } from 'cassandra-driver';
import type { CassandraConfig } from '../cassandra-config.ts';
import type { CassandraAccess } from './cassandra-access.ts';

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
  readonly statements: readonly string[];
}

interface MigrationParts {
  readonly access: CassandraAccess;
  readonly config: CassandraConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Others than the service's own, in tests. */
  readonly migrations?: readonly Migration[];
}

const FOLDER = new URL('../../migrations/', import.meta.url);

/** The lock is renewed before each statement; a statement takes seconds on a busy server. By the server's clock, as the TTL of a cell. */
const LOCK_S = 60;
const LOCK_RETRY = { baseMs: 50, maxMs: 1000 };
const AGREEMENT_S = 30;
const REQUEST_TIMEOUT_MS = 30_000;

/** The migrations in a folder, in order. Numbers may be left out: whoever works on two of them at a time gives each one of its own. */
export function readMigrations(folder: URL = FOLDER): Migration[] {
  let before = 0;
  return readdirSync(folder)
    .filter((file) => file.endsWith('.cql'))
    .sort()
    .map((file) => {
      const number = Number(file.split('_')[0]);
      if (!(number > before))
        throw new StartError(`${file}: want a number above ${before} of the migration before, got ${number}`);
      before = number;
      return parseMigration(number, file, readFileSync(new URL(file, folder), 'utf8'));
    });
}

/** Comments and white space are no part of what is compared: they may be mended later. */
export function parseMigration(number: number, name: string, text: string): Migration {
  const statements = text
    .replaceAll(/^\s*--.*$/gm, '')
    .split(';')
    .map((statement) => statement.replaceAll(/\s+/g, ' ').trim())
    .filter((statement) => statement !== '');
  const checksum = createHash('sha256').update(statements.join(';')).digest('hex');
  return { number, name, checksum, statements };
}

/** Resolves when the keyspace has the schema. Rejects with a StartError where only a person can help. */
export async function migrateCassandra(parts: MigrationParts): Promise<void> {
  const { access, config } = parts;
  const options = {
    ...access,
    protocolOptions: { maxSchemaAgreementWaitSeconds: AGREEMENT_S },
    socketOptions: { readTimeout: REQUEST_TIMEOUT_MS },
    queryOptions: { consistency: types.consistencies.quorum },
  };
  const keyspace = config.CLATTER_CASSANDRA_KEYSPACE;
  {
    await using cluster = connection(new Client(options));
    await cluster.client.connect();
    await createTable(cluster.client, config);
  }
  await using schema = connection(new Client({ ...options, keyspace }));
  await schema.client.connect();
  await new Migrator(schema.client, parts, keyspace).run();
}

/**
 * The keyspace and the table that the lock is in; by whoever is first, or several at once. The table has an id of our making, so that
 * processes that create it at the same time on different servers create the same one.
 */
async function createTable(client: Client, config: CassandraConfig): Promise<void> {
  const keyspace = config.CLATTER_CASSANDRA_KEYSPACE;
  if (await answers(client, `SELECT scope FROM ${keyspace}.schema_migrations LIMIT 1`)) return;
  const { CLATTER_CASSANDRA_DATACENTER: dataCenter, CLATTER_CASSANDRA_REPLICAS: replicas } = config;
  // Whoever may use the keyspace alone finds it made.
  if (!(client.metadata.keyspaces as Record<string, unknown>)[keyspace])
    await change(
      client,
      `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', '${dataCenter}': ${replicas}}`,
    );
  const id = createHash('sha256').update(`clatter schema_migrations ${keyspace}`).digest().subarray(0, 16);
  id[6] = ((id[6] as number) & 0x0f) | 0x80;
  id[8] = ((id[8] as number) & 0x3f) | 0x80;
  await change(
    client,
    `CREATE TABLE IF NOT EXISTS ${keyspace}.schema_migrations (scope text, number int, holder uuid static, name text, checksum text,
      PRIMARY KEY (scope, number)) WITH ID = ${new types.Uuid(Buffer.from(id))}`,
  );
}

/** Whether a query can be answered; asked of the server, for what it has written down of the schema it may not serve yet. */
async function answers(client: Client, query: string): Promise<boolean> {
  try {
    await client.execute(query);
    return true;
  } catch (error) {
    if (error instanceof errors.ResponseError && error.code === types.responseErrorCodes.invalid) return false;
    throw error;
  }
}

const connection = (client: Client): { client: Client } & AsyncDisposable => ({
  client,
  [Symbol.asyncDispose]: () => client.shutdown(),
});

/** A change of the schema stands when all servers that are up have it. */
async function change(client: Client, statement: string): Promise<void> {
  const { info } = await client.execute(statement);
  // Not in the driver's types.
  if (!(info as { isSchemaInAgreement?: boolean }).isSchemaInAgreement)
    throw new Error(`the servers do not agree on the schema after ${AGREEMENT_S} s: ${statement.slice(0, 60)}`);
}

class Migrator {
  readonly #client: Client;
  readonly #parts: MigrationParts;
  readonly #keyspace: string;
  readonly #holder = types.Uuid.fromString(randomUUID());

  constructor(client: Client, parts: MigrationParts, keyspace: string) {
    this.#client = client;
    this.#parts = parts;
    this.#keyspace = keyspace;
  }

  async run(): Promise<void> {
    const { clock, logger, signal } = this.#parts;
    const migrations = this.#parts.migrations ?? readMigrations();
    for (let tries = 0; (await this.#pending(migrations)).length > 0; tries++) {
      if (signal.aborted) throw new Error('stopped while waiting for the lock of the schema');
      if (!(await this.#lock('IF holder = null'))) {
        if (tries === 0) logger.info('another process is changing the schema of the message store; waiting for it');
        await sleep(clock, backoff(tries, LOCK_RETRY), signal);
        continue;
      }
      try {
        // What another process applied between the look and the lock is not pending any more.
        for (const migration of await this.#pending(migrations)) await this.#apply(migration);
      } finally {
        await this.#unlock();
      }
    }
  }

  /** What was not applied yet. Throws a StartError where what was applied is not what the file says. */
  async #pending(migrations: readonly Migration[]): Promise<Migration[]> {
    const { rows } = await this.#client.execute(
      "SELECT number, name, checksum FROM schema_migrations WHERE scope = 'messages'",
      [],
      { prepare: true, consistency: types.consistencies.serial },
    );
    const applied = new Map(rows.filter((row) => row.number !== null).map((row) => [row.number as number, row]));
    for (const { number, name, checksum } of migrations) {
      const row = applied.get(number);
      if (row && row.checksum !== checksum)
        throw new StartError(
          `${name} was changed after it was applied to keyspace ${this.#keyspace} (want checksum ${row.checksum}, got ${checksum}): restore the file and add a new one`,
        );
    }
    return migrations.filter(({ number }) => !applied.has(number));
  }

  async #apply(migration: Migration): Promise<void> {
    this.#parts.logger.info({ migration: migration.name, keyspace: this.#keyspace }, 'changing the schema');
    for (const statement of migration.statements) {
      await this.#renew();
      await change(this.#client, statement);
    }
    // Only whoever holds the lock may say that it was applied.
    const { rows } = await this.#client.batch(
      [
        { query: lockQuery('IF holder = ?'), params: [LOCK_S, this.#holder, this.#holder] },
        {
          query: "INSERT INTO schema_migrations (scope, number, name, checksum) VALUES ('messages', ?, ?, ?)",
          params: [migration.number, migration.name, migration.checksum],
        },
      ],
      { prepare: true, logged: false },
    );
    if (!rows[0]?.['[applied]']) throw lostLock();
  }

  async #renew(): Promise<void> {
    if (!(await this.#lock('IF holder = ?', this.#holder))) throw lostLock();
  }

  async #lock(condition: string, ...params: types.Uuid[]): Promise<boolean> {
    const result = await this.#client.execute(lockQuery(condition), [LOCK_S, this.#holder, ...params], {
      prepare: true,
    });
    return result.wasApplied();
  }

  /** What cannot be given back expires. */
  async #unlock(): Promise<void> {
    await this.#client
      .execute("UPDATE schema_migrations SET holder = null WHERE scope = 'messages' IF holder = ?", [this.#holder], {
        prepare: true,
      })
      .catch((error) => this.#parts.logger.warn({ err: error }, `the lock of the schema expires in ${LOCK_S} s`));
  }
}

const lockQuery = (condition: string): string =>
  `UPDATE schema_migrations USING TTL ? SET holder = ? WHERE scope = 'messages' ${condition}`;

const lostLock = (): Error => new Error('the lock of the schema was lost to another process; it is tried again');
