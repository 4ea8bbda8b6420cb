/**
 * The connection of a message store to Cassandra. It begins to connect when it is made and goes on trying, so that processes start in any
 * order; until then, and whenever no server answers, each request fails with UNAVAILABLE and whoever made it tries again. Afterwards the
 * driver reconnects by itself.
 */
import {
  backoff,
  type Clock,
  type Counter,
  type Health,
  type Logger,
  type Metrics,
  reasonOf,
  StartError,
  sleep,
  ToldReasons,
} from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { Client, errors, policies, types } from 'cassandra-driver';
import type { CassandraConfig } from '../cassandra-config.ts';
import { type CassandraAccess, cassandraAccess } from './cassandra-access.ts';
import { guardControlConnection } from './cassandra-control-connection.ts';
import { durabilityWarning } from './cassandra-durability.ts';
import { migrateCassandra } from './cassandra-migrations.ts';
import type { Mutation } from './cassandra-mutations.ts';
import { RequestSlots } from './request-slots.ts';

export interface CassandraSessionParts {
  readonly config: CassandraConfig;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** How often it is tried to reach a cluster of which no server answers. */
const RECONNECT = { baseMs: 100, maxMs: 2000 };
/** The server gives up a write after 2 s, a read after 5 s; past this, a connection is taken for dead. */
const REQUEST_TIMEOUT_MS = 6000;
const HEARTBEAT_MS = 5000;

/** No page size: a result that a take-over relies on comes from one query. Repeating any of our statements changes nothing. */
const ONE_QUERY = { prepare: true, isIdempotent: true, fetchSize: 0 };
const IN_PAGES = { prepare: true, isIdempotent: true, fetchSize: 5000 };
/** Reads a row that every keyspace of ours has, from as many replicas as any request needs. */
const PROBE = "SELECT number FROM schema_migrations WHERE scope = 'messages' LIMIT 1";
const ONE_MUTATION = { prepare: true, isIdempotent: true, logged: false };

const NO_SERVER = 'no server of Cassandra answers';

export class CassandraSession {
  readonly #parts: CassandraSessionParts;
  readonly #slots: RequestSlots;
  readonly #reads: Counter;
  readonly #stopping = new AbortController();
  readonly #access: CassandraAccess;
  readonly #connecting: Promise<Client>;
  #client: Client | undefined;
  #trouble = 'not connected to Cassandra yet';
  #isProbing = false;

  constructor(parts: CassandraSessionParts) {
    this.#parts = parts;
    this.#access = cassandraAccess(parts.config, parts.logger);
    this.#slots = new RequestSlots(parts.config.CLATTER_CASSANDRA_REQUESTS_MAX);
    const { metrics } = parts;
    this.#reads = metrics.counter('clatter_messages_store_reads_total', 'Queries to Cassandra');
    metrics.gauge(
      'clatter_messages_store_requests',
      'Requests to Cassandra that are under way',
      () => this.#slots.busy,
    );
    metrics.gauge(
      'clatter_messages_store_requests_waiting',
      'Requests to Cassandra that wait for their turn',
      () => this.#slots.waiting,
    );
    this.#connecting = this.#connect();
    // Told by ready(), and by every request.
    this.#connecting.catch(() => undefined);
  }

  /** Resolves when it is connected for the first time. Rejects with a StartError that a person has to see to, or when it was closed. */
  async ready(): Promise<void> {
    await this.#connecting;
  }

  health(): Health {
    return { ok: this.#trouble === '', reasons: this.#trouble === '' ? [] : [this.#trouble] };
  }

  /** The rows of one unpaged query. */
  async read(query: string, params: readonly unknown[]): Promise<types.Row[]> {
    this.#reads.add(1);
    const { rows } = await this.#run((client) => client.execute(query, [...params], ONE_QUERY));
    return rows;
  }

  /** The rows of a partition of any size, page by page. */
  async *readPages(query: string, params: readonly unknown[]): AsyncGenerator<types.Row[]> {
    let pageState: string | undefined;
    do {
      const options = pageState ? { ...IN_PAGES, pageState } : IN_PAGES;
      this.#reads.add(1);
      const page: types.ResultSet = await this.#run((client) => client.execute(query, [...params], options));
      yield page.rows;
      pageState = page.pageState ?? undefined;
    } while (pageState);
  }

  /** Writes the statements of one partition, together or not at all. */
  async write(mutation: Mutation): Promise<void> {
    const [first] = mutation;
    if (!first) return;
    if (mutation.length === 1)
      await this.#run((client) => client.execute(first.query, first.params as unknown[], ONE_QUERY));
    else await this.#run((client) => client.batch(mutation as { query: string; params: unknown[] }[], ONE_MUTATION));
  }

  /** @param reason of the servers, where one was asked: it may become another one while they are tried */
  #lost(reason?: string): void {
    if (this.#stopping.signal.aborted) return;
    const begins = this.#trouble === '';
    if (begins || reason !== undefined) this.#trouble = reason === undefined ? NO_SERVER : `${NO_SERVER}: ${reason}`;
    if (!begins) return;
    this.#parts.logger.error({ reason }, `${NO_SERVER}; they are tried again until one does`);
    // Told by the probe.
    this.#probe().catch(() => undefined);
  }

  /** Asks until a server answers: an owner without requests would not notice, and the driver's own news may come before the last failure. */
  async #probe(): Promise<void> {
    // Where some requests succeed and some do not, the one that asks already goes on.
    if (this.#isProbing) return;
    this.#isProbing = true;
    const { clock } = this.#parts;
    try {
      for (let tries = 0; this.#trouble !== '' && !this.#stopping.signal.aborted; tries++) {
        await sleep(clock, backoff(tries, RECONNECT), this.#stopping.signal);
        await this.#run((client) => client.execute(PROBE, [], ONE_QUERY)).catch(() => undefined);
      }
    } finally {
      this.#isProbing = false;
    }
  }

  #found(): void {
    if (this.#trouble === '' || this.#stopping.signal.aborted) return;
    this.#trouble = '';
    this.#parts.logger.info('Cassandra answers again');
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    this.#trouble = 'closed';
    await this.#connecting.catch(() => undefined);
    await this.#client?.shutdown();
    this.#client = undefined;
  }

  async #run<T>(request: (client: Client) => Promise<T>): Promise<T> {
    const client = this.#client;
    if (!client) throw new ClatterError('UNAVAILABLE', `the message store is ${this.#trouble}`);
    try {
      const result = await this.#slots.run(() => request(client));
      if (this.#trouble !== '') this.#found();
      return result;
    } catch (error) {
      if (error instanceof errors.NoHostAvailableError) this.#lost(reasonOfServers(error));
      throw unavailable(error);
    }
  }

  async #connect(): Promise<Client> {
    const { config, logger, clock } = this.#parts;
    const access = this.#access;
    const told = new ToldReasons();
    for (let tries = 0; ; tries++) {
      try {
        await migrateCassandra({ access, config, clock, logger, signal: this.#stopping.signal });
        return await this.#open(access);
      } catch (error) {
        if (error instanceof StartError || this.#stopping.signal.aborted) {
          this.#trouble = `stopped: ${(error as Error).message}`;
          throw error;
        }
        const reason = reasonOfServers(error);
        this.#trouble = `not connected to Cassandra yet: ${reason}`;
        if (told.isNew(reason))
          logger.error(
            { reason },
            `Cassandra cannot be used at ${config.CLATTER_CASSANDRA_CONTACT_POINTS}; it is tried again until it answers`,
          );
        await sleep(clock, backoff(tries, RECONNECT), this.#stopping.signal);
      }
    }
  }

  async #open(access: CassandraAccess): Promise<Client> {
    const { config, logger, clock } = this.#parts;
    const client = new Client({
      ...access,
      keyspace: config.CLATTER_CASSANDRA_KEYSPACE,
      queryOptions: { consistency: types.consistencies.localQuorum },
      socketOptions: { readTimeout: REQUEST_TIMEOUT_MS, connectTimeout: REQUEST_TIMEOUT_MS },
      pooling: { heartBeatInterval: HEARTBEAT_MS },
      policies: {
        loadBalancing: new policies.loadBalancing.TokenAwarePolicy(
          new policies.loadBalancing.DCAwareRoundRobinPolicy(config.CLATTER_CASSANDRA_DATACENTER),
        ),
        reconnection: new policies.reconnection.ExponentialReconnectionPolicy(RECONNECT.baseMs, RECONNECT.maxMs, false),
        speculativeExecution: new policies.speculativeExecution.NoSpeculativeExecutionPolicy(),
      },
    });
    try {
      await client.connect();
    } catch (error) {
      await client.shutdown();
      throw error;
    }
    guardControlConnection(client, clock, logger);
    const warning = await durabilityWarning(client);
    if (warning) logger.warn(warning);
    client.on('hostDown', () => {
      if (!client.hosts.values().some((host) => host.isUp())) this.#lost();
    });
    this.#client = client;
    this.#trouble = '';
    logger.info({ keyspace: config.CLATTER_CASSANDRA_KEYSPACE }, 'connected to Cassandra');
    return client;
  }
}

const WRONG_REQUESTS: ReadonlySet<number> = new Set([
  types.responseErrorCodes.syntaxError,
  types.responseErrorCodes.unauthorized,
  types.responseErrorCodes.invalid,
  types.responseErrorCodes.configError,
]);

/** What may pass by itself, as an error that says so, and holds no address; a bug stays what it is. */
function unavailable(error: unknown): unknown {
  const wrong = error instanceof errors.ResponseError && WRONG_REQUESTS.has(error.code);
  if (wrong || error instanceof TypeError) return error;
  const away = error instanceof errors.NoHostAvailableError || error instanceof errors.OperationTimedOutError;
  const message = away ? 'the message store does not answer' : `the message store: ${(error as Error).message}`;
  return new ClatterError('UNAVAILABLE', message, { cause: error });
}

/** The reason that a person can act on: the driver puts those of the single servers behind its own. */
function reasonOfServers(error: unknown): string {
  if (error instanceof errors.NoHostAvailableError) {
    const inner = Object.entries(error.innerErrors ?? {}).map(([host, cause]) => `${host}: ${reasonOf(cause)}`);
    return inner.length > 0 ? inner.join('; ') : 'no server answers';
  }
  return reasonOf(error);
}
