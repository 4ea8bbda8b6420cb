/** What became of accounts, told to the other services: written with the change itself, appended to clatter.accounts after the commit. */
import { AccountRecord } from '@clatter/contracts/auth';
import { type Producer, topics } from '@clatter/log';
import { backoff, type Clock, type Logger, sleep } from '@clatter/runtime';
import type { Input } from '@clatter/wire';
import type { Database, Queries } from './ports.ts';

const PAGE = 100;
const RETRY = { baseMs: 100, maxMs: 5000 };

export class AccountOutbox {
  readonly #database: Database;
  readonly #producer: Producer;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  #draining: Promise<void> = Promise.resolve();

  constructor(database: Database, producer: Producer, clock: Clock, logger: Logger) {
    this.#database = database;
    this.#producer = producer;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Call inside the transaction that makes the change. */
  async put(queries: Queries, record: Input<AccountRecord> & { userId: string }): Promise<void> {
    await queries.query('INSERT INTO account_outbox (user_id, record) VALUES ($1, $2)', [
      record.userId,
      new Uint8Array(AccountRecord.encode(record)),
    ]);
  }

  /** Appends what waits, in order; resolves when it is in the log. Also what an ended process left. */
  drain(): Promise<void> {
    this.#draining = this.#draining.then(() => this.#drainAll());
    return this.#draining;
  }

  close(): void {
    this.#stop.abort();
  }

  async #drainAll(): Promise<void> {
    for (let tries = 0; !this.#stop.signal.aborted; ) {
      try {
        const rows = await this.#database.query<{ number: number; user_id: string; record: Uint8Array }>(
          `SELECT number, user_id, record FROM account_outbox ORDER BY number LIMIT ${PAGE}`,
        );
        if (rows.length === 0) return;
        for (const { number, user_id, record } of rows) {
          await this.#producer.send(topics.accounts.name, {
            key: user_id,
            value: record,
            headers: { schema: 'auth.v1.AccountRecord' },
          });
          await this.#database.query('DELETE FROM account_outbox WHERE number = $1', [number]);
        }
        tries = 0;
      } catch (error) {
        if (tries === 0) this.#logger.warn({ err: error }, 'changes of accounts wait to be told; it is tried again');
        await sleep(this.#clock, backoff(tries++, RETRY), this.#stop.signal);
      }
    }
  }
}
