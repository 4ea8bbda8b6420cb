/**
 * The Database on a PostgreSQL server, of any number of processes: a pool of connections, at most `poolMax`, and a bounded line before it.
 * Every wait has an end: for a connection, for a statement (the server gives up on it, or a while later we do), for the next statement of a
 * transaction. While the server is away calls are refused at once.
 */
import type { SecureContext } from 'node:tls';
import type { Clock, Logger } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { Client, type ClientConfig, type CustomTypesConfig, Pool, type PoolClient, types } from 'pg';
import type { Database, Queries, SqlParam, SqlRow } from '../ports.ts';
import { ServerWatch } from './server-watch.ts';
import { runTransaction } from './transaction.ts';

/** Statements and transactions that may wait for a connection; past it calls are UNAVAILABLE. */
const WAITING_MAX = 1000;
const CONNECT_MS = 5000;
/** How much longer than the server we wait for the end of a statement: a server that is stopped gives up on nothing. */
const SILENCE_MS = 2000;
/** The server ends a transaction that asks nothing for so long: its process is gone or stopped. */
const IDLE_TRANSACTION_MS = 60_000;
/** Times that a transaction is run that the server could not put in order with others. */
const TRIES_MAX = 3;
const RETRY_AFTER_MS = 1000;

const SQLSTATE = /^[0-9A-Z]{5}$/;
/** Of the connection, a server that is read only, that lets nobody in, has no such database, no resources, by an operator, of the system: not the statement's fault. */
const AWAY = /^(08|25006|25P03|28|3D000|53|57|58)/;
/** A statement that took too long. */
const CANCELED = '57014';
/** Serialization failure and deadlock: the transaction would succeed by itself. */
const OUT_OF_ORDER = /^(40001|40P01)$/;

export interface PgOptions {
  /** `postgres://user:password@host:port/database`: never logged. */
  readonly url: string;
  readonly poolMax: number;
  readonly statementMs: number;
  /** Undefined: no TLS. With it, the server's certificate and name are verified. */
  readonly tls: { readonly secureContext: SecureContext } | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Connects when it is first asked. */
export function createPgDatabase(options: PgOptions): Database {
  return new PgDatabase(options);
}

/** As ports.ts has them; the rest as the driver has it. */
const columnTypes: CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === types.builtins.INT8) return Number;
    if (oid === types.builtins.BYTEA) return (text: string) => new Uint8Array(Buffer.from(text.slice(2), 'hex'));
    return types.getTypeParser(oid, format as 'text');
  },
};

class PgDatabase implements Database {
  readonly #pool: Pool;
  readonly #watch: ServerWatch;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  constructor({ url, poolMax, statementMs, tls, clock, logger }: PgOptions) {
    const config: ClientConfig = {
      connectionString: url,
      // Said where there is none too: the driver would go by PGSSLMODE.
      ssl: tls ?? false,
      application_name: 'clatter-auth',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: statementMs,
      query_timeout: statementMs + SILENCE_MS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
      types: columnTypes,
    };
    this.#pool = new Pool({ ...config, max: poolMax });
    this.#watch = new ServerWatch('the database', () => ask(config), { clock, logger });
    // A connection that ends while nobody uses it; the pool makes another.
    this.#pool.on('error', () => this.#watch.suspect());
    // One that ends between two statements of a transaction: the next of them says so.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  query<T extends SqlRow>(sql: string, params?: readonly SqlParam[]): Promise<readonly T[]> {
    return this.#connected((client) => rowsOf<T>(client, sql, params));
  }

  async transaction<T>(run: (queries: Queries) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#connected((client) =>
          runTransaction(
            (sql, params) => rowsOf(client, sql, params),
            run,
            (error, failed) => rollBack(client, error, failed),
          ),
        );
      } catch (error) {
        if (!OUT_OF_ORDER.test(stateOf(error) ?? '')) throw error;
        if (tries === TRIES_MAX) throw unavailable('the database is behind', error);
      }
    }
  }

  health(): { readonly ok: boolean; readonly reason: string } {
    const { away } = this.#watch;
    return away === undefined ? { ok: true, reason: '' } : { ok: false, reason: `the database is away: ${away}` };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
    this.#watch.close();
    await this.#pool.end();
  }

  /** Runs something on a connection of its own. What fails for the server's sake is UNAVAILABLE. */
  #connected<T>(run: (client: PoolClient) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(unavailable('the database is closed'));
    if (this.#watch.away !== undefined) return Promise.reject(unavailable('the database is away'));
    if (this.#pool.waitingCount >= WAITING_MAX) return Promise.reject(unavailable('the database is behind'));
    const mine = this.#checkedOut(run).catch((error: unknown) => Promise.reject(this.#judged(error)));
    this.#underWay.add(mine);
    const over = (): void => void this.#underWay.delete(mine);
    mine.then(over, over);
    return mine;
  }

  async #checkedOut<T>(run: (client: PoolClient) => Promise<T>): Promise<T> {
    let client: PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw new ConnectionLost(error);
    }
    let broken = true;
    try {
      const result = await run(client);
      broken = false;
      return result;
    } catch (error) {
      broken = breaksConnection(error);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  #judged(error: unknown): unknown {
    const lost = error instanceof ConnectionLost;
    const state = stateOf(lost ? error.cause : error);
    if (!lost && !AWAY.test(state ?? '')) return error;
    if (state !== CANCELED) this.#watch.suspect();
    return unavailable('the database cannot do this now', lost ? error.cause : error);
  }
}

/** The connection failed, or could not be had, and with it what was asked. */
class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';

  constructor(cause: unknown) {
    super('the connection is lost', { cause });
  }
}

/** What `run` made of a failed statement hides neither a lost connection nor a transaction that is worth another try. */
async function rollBack(
  client: PoolClient,
  error: unknown,
  failed: { readonly error: unknown } | undefined,
): Promise<unknown> {
  const first = failed && (breaksConnection(failed.error) || OUT_OF_ORDER.test(stateOf(failed.error) ?? ''));
  if (!breaksConnection(error) && !(first && breaksConnection(failed.error))) await rowsOf(client, 'ROLLBACK');
  return first ? failed.error : error;
}

/** Rejects with what the server says, or that the connection is lost. */
async function rowsOf<T extends SqlRow>(
  client: PoolClient | Client,
  sql: string,
  params?: readonly SqlParam[],
): Promise<readonly T[]> {
  try {
    const result = await (params ? client.query<T>(sql, [...params]) : client.query<T>(sql));
    // Several statements have a result each.
    return Array.isArray(result) ? (result as { rows: T[] }[]).flatMap(({ rows }) => rows) : result.rows;
  } catch (error) {
    throw stateOf(error) === undefined ? new ConnectionLost(error) : error;
  }
}

/** On a connection of its own, so that the line before the pool does not matter. */
async function ask(config: ClientConfig): Promise<void> {
  const client = new Client({ ...config, query_timeout: CONNECT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const [row] = (await client.query('SELECT pg_is_in_recovery() AS standby')).rows as { standby: boolean }[];
    if (row?.standby) throw new Error('the server is a standby, which takes no writes');
  } finally {
    // Of a server that does not answer nobody waits for a farewell.
    client.end().catch(() => undefined);
  }
}

/** PostgreSQL's code; undefined where it was not the server that refused. */
function stateOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && SQLSTATE.test(code) && !(error instanceof ClatterError) ? code : undefined;
}

const breaksConnection = (error: unknown): boolean =>
  error instanceof ConnectionLost || (AWAY.test(stateOf(error) ?? '') && stateOf(error) !== CANCELED);

const unavailable = (message: string, cause?: unknown): ClatterError =>
  new ClatterError('UNAVAILABLE', message, { retryAfterMs: RETRY_AFTER_MS, ...(cause !== undefined && { cause }) });
