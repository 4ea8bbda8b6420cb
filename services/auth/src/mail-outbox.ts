/**
 * Mails and text messages that wait to be sent: written, sealed, with the change that they tell of, and sent after the commit, by whichever
 * process comes first. A process leases what it sends, so what one that was killed had under way is sent again after the lease: each is
 * sent at least once, and rarely twice. What cannot be sent is tried again with back-off, until nobody wants it any more.
 */
import { backoff, type Clock, type Logger } from '@clatter/runtime';
import type { DataKeys } from './data-keys.ts';
import type { Delivery, Errand } from './mail-delivery.ts';
import { type Database, type Queries, Undeliverable } from './ports.ts';

/** Sent at once by one process. */
const PAGE = 10;
/** Longer than every sender takes before it gives up. */
const LEASE_MS = 120_000;
const RETRY = { baseMs: 1000, maxMs: 300_000 };
/** How often it is looked for what others have left. */
const LOOK_MS = 5000;
/** What tells of something that happened is worth sending for so long. */
const NOTICE_MS = 86_400_000;
/** Past so many the oldest are dropped. */
const WAITING_MAX = 100_000;
const PLACE = 'mail_outbox';

interface OutboxRow {
  readonly [column: string]: unknown;
  readonly number: number;
  readonly user_id: string | null;
  readonly sealed: string;
  readonly tries: number;
  readonly expires_at_ms: number;
}

export class MailOutbox {
  readonly #database: Database;
  readonly #keys: DataKeys;
  readonly #delivery: Delivery;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Whether other processes share the database. */
  readonly #isShared: boolean;
  /** Whether the last look failed, which was told. */
  #isBehind = false;
  #draining: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #cancelLook: () => void = () => undefined;
  #closed = false;

  constructor(parts: {
    database: Database;
    keys: DataKeys;
    delivery: Delivery;
    clock: Clock;
    logger: Logger;
    isShared: boolean;
  }) {
    this.#database = parts.database;
    this.#keys = parts.keys;
    this.#delivery = parts.delivery;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#isShared = parts.isShared;
  }

  /** Call inside the transaction that makes the change, and `drain` after the commit. `userId`: with whose account it goes. */
  async put(
    queries: Queries,
    userId: string | undefined,
    errands: readonly Errand[],
    expiresAtMs = this.#clock.nowMs() + NOTICE_MS,
  ): Promise<void> {
    if (errands.length === 0) return;
    const seal = await this.#keys.sealer(queries);
    for (const errand of errands)
      await queries.query(
        'INSERT INTO mail_outbox (user_id, sealed, due_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4)',
        [userId ?? null, seal(JSON.stringify(errand), PLACE), this.#clock.nowMs(), expiresAtMs],
      );
  }

  /** Sends what is due; resolves when it was tried once. Nobody has to wait for it. */
  drain(): Promise<void> {
    this.#next ??= this.#draining.then(() => {
      this.#next = undefined;
      this.#draining = this.#drainAll();
      return this.#draining;
    });
    return this.#next;
  }

  /** Drops what is too much. What is too old goes by itself. */
  async forget(): Promise<void> {
    await this.#database.query(
      `DELETE FROM mail_outbox WHERE number <= (SELECT max(number) FROM mail_outbox) - ${WAITING_MAX}`,
    );
  }

  /** Resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelLook();
    await this.#next;
    await this.#draining;
  }

  async #drainAll(): Promise<void> {
    let lookAfterMs: number | undefined = LOOK_MS;
    try {
      while (!this.#closed) {
        const rows = await this.#lease();
        if (rows.length === 0) break;
        await Promise.all(rows.map((row) => this.#send(row)));
      }
      lookAfterMs = this.#closed ? undefined : await this.#untilDueMs();
      this.#isBehind = false;
    } catch (error) {
      // Once, however long it lasts.
      if (!this.#isBehind) this.#logger.warn({ err: error }, 'mails wait to be sent; it is tried again');
      this.#isBehind = true;
    }
    this.#cancelLook();
    if (lookAfterMs !== undefined && !this.#closed)
      this.#cancelLook = this.#clock.timer(lookAfterMs, () => void this.drain());
  }

  #lease(): Promise<readonly OutboxRow[]> {
    const now = this.#clock.nowMs();
    return this.#database.query<OutboxRow>(
      `UPDATE mail_outbox SET tries = tries + 1, due_at_ms = $2 WHERE number IN
         (SELECT number FROM mail_outbox WHERE due_at_ms <= $1 ORDER BY due_at_ms, number LIMIT ${PAGE} FOR UPDATE SKIP LOCKED)
       RETURNING number, user_id, sealed, tries, expires_at_ms`,
      [now, now + LEASE_MS],
    );
  }

  /** Undefined where nothing waits and nobody else may leave anything. */
  async #untilDueMs(): Promise<number | undefined> {
    const [row] = await this.#database.query<{ due: number | null }>('SELECT min(due_at_ms) AS due FROM mail_outbox');
    const dueMs = row?.due == null ? undefined : Math.max(1, row.due - this.#clock.nowMs());
    return this.#isShared ? Math.min(dueMs ?? LOOK_MS, LOOK_MS) : dueMs;
  }

  async #send(row: OutboxRow): Promise<void> {
    const about = { userId: row.user_id, tries: row.tries };
    let again = false;
    try {
      if (row.expires_at_ms <= this.#clock.nowMs()) this.#logger.warn(about, 'a mail could not be sent in time');
      else {
        const errand = JSON.parse(await this.#keys.open(this.#database, row.sealed, PLACE)) as Errand;
        await this.#delivery.run(errand, row.expires_at_ms);
      }
    } catch (error) {
      again = !(error instanceof Undeliverable);
      if (!again) this.#logger.warn({ ...about, reason: (error as Error).message }, 'a mail was refused');
      else if (row.tries === 1) this.#logger.warn({ ...about, err: error }, 'a mail was not sent; it is tried again');
    }
    if (again)
      await this.#database.query('UPDATE mail_outbox SET due_at_ms = $2 WHERE number = $1', [
        row.number,
        this.#clock.nowMs() + backoff(row.tries, RETRY),
      ]);
    else await this.#database.query('DELETE FROM mail_outbox WHERE number = $1', [row.number]);
  }
}
