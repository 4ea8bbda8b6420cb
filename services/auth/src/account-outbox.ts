/**
 * What became of accounts, told to the other services: written with the change itself, appended to clatter.accounts after the commit. One
 * process at a time appends, under a lock of the database, so that the records of a person stay in order; what a process that ended has
 * left is appended by another within seconds. A record may be appended twice, never in another order.
 */
import { AccountRecord } from '@clatter/contracts/auth';
import { type Producer, recordHeaders, topics } from '@clatter/log';
import { backoff, type Clock, type Logger, sleep, traceparent } from '@clatter/runtime';
import type { Input } from '@clatter/wire';
import type { Database, Queries } from './ports.ts';

const PAGE = 100;
/** A page that takes longer is cut: the database ends a transaction that asks nothing for long. */
const PAGE_MS = 15_000;
const RETRY = { baseMs: 100, maxMs: 5000 };
/** How often it is looked for what others have left. */
const LOOK_MS = 5000;

type OutboxRow = {
  number: number;
  user_id: string;
  record: Uint8Array;
  /** Null in one that was written before records had it. */
  traceparent: string | null;
};

export class AccountOutbox {
  readonly #database: Database;
  readonly #producer: Producer;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  #draining: Promise<void> = Promise.resolve();
  /** The drain that has not begun: whoever asks meanwhile shares it. */
  #next: Promise<void> | undefined;
  #cancelLook: () => void = () => undefined;

  constructor(database: Database, producer: Producer, clock: Clock, logger: Logger) {
    this.#database = database;
    this.#producer = producer;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Appends what another process left that has ended, now and from now on. */
  watch(): void {
    void this.drain();
    this.#cancelLook = this.#clock.timer(LOOK_MS, () => this.watch());
  }

  /** Call inside the transaction that makes the change. */
  async put(queries: Queries, record: Input<AccountRecord> & { userId: string }): Promise<void> {
    await queries.query('INSERT INTO account_outbox (user_id, record, traceparent) VALUES ($1, $2, $3)', [
      record.userId,
      new Uint8Array(AccountRecord.encode(record)),
      traceparent(),
    ]);
  }

  /** Appends what waits, in order; resolves when it is in the log. Also what an ended process left. */
  drain(): Promise<void> {
    this.#next ??= this.#draining.then(() => {
      this.#next = undefined;
      this.#draining = this.#drainAll();
      return this.#draining;
    });
    return this.#next;
  }

  close(): void {
    this.#stop.abort();
    this.#cancelLook();
  }

  async #drainAll(): Promise<void> {
    for (let tries = 0; !this.#stop.signal.aborted; ) {
      try {
        const waiting = await this.#database.query('SELECT 1 AS one FROM account_outbox LIMIT 1');
        if (waiting.length === 0) return;
        await this.#appendPage();
        tries = 0;
      } catch (error) {
        if (tries === 0) this.#logger.warn({ err: error }, 'changes of accounts wait to be told; it is tried again');
        await sleep(this.#clock, backoff(tries++, RETRY), this.#stop.signal);
      }
    }
  }

  /** Rejects with why a record was not appended; those before it are. */
  async #appendPage(): Promise<void> {
    const failure = await this.#database.transaction(async (queries) => {
      await queries.query('SELECT pg_advisory_xact_lock(7103)');
      const rows = await queries.query<OutboxRow>(
        `SELECT number, user_id, record, traceparent FROM account_outbox ORDER BY number LIMIT ${PAGE}`,
      );
      const appended: number[] = [];
      const endMs = this.#clock.nowMs() + PAGE_MS;
      let failed: { readonly error: unknown } | undefined;
      for (const { number, user_id, record, traceparent: made } of rows) {
        const headers = recordHeaders('auth.v1.AccountRecord', made ?? undefined);
        try {
          await this.#producer.send(topics.accounts.name, { key: user_id, value: record, headers });
        } catch (error) {
          failed = { error };
          break;
        }
        appended.push(number);
        if (this.#clock.nowMs() > endMs) break;
      }
      await queries.query('DELETE FROM account_outbox WHERE number = ANY($1::bigint[])', [appended.map(String)]);
      return failed;
    });
    if (failure) throw failure.error;
  }
}
