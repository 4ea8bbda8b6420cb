/** Whom people block. Each change has a number of its own, by which the log of their conversation knows which of two was later. */
import type { Clock } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import type { AccountOutbox } from './account-outbox.ts';
import { checkOther, lockAccount } from './lock-account.ts';
import type { Database, Queries } from './ports.ts';

/** People whom one person blocks. */
const BLOCKS_MAX = 5000;

type BlockRow = { blocked_id: string; number: number; blocked_at_ms: number };

export class Blocks {
  readonly #database: Database;
  readonly #outbox: AccountOutbox;
  readonly #clock: Clock;

  constructor(parts: { database: Database; outbox: AccountOutbox; clock: Clock }) {
    this.#database = parts.database;
    this.#outbox = parts.outbox;
    this.#clock = parts.clock;
  }

  /** Returns the number of the change; of the block that is, where nothing changes, and 0 where there is none. Throws INVALID, NOT_FOUND, TOO_LARGE. */
  async set(userId: string, blockedId: string, blocked: boolean): Promise<number> {
    const number = await this.#database.transaction(async (queries) => {
      // One change after the other, so that the later one has the higher number.
      await lockAccount(queries, userId);
      const [before] = await queries.query<BlockRow>(
        'SELECT number FROM blocks WHERE user_id = $1 AND blocked_id = $2',
        [userId, blockedId],
      );
      if ((before !== undefined) === blocked) return before?.number ?? 0;
      if (blocked) await this.#checkRoom(queries, userId, blockedId);
      const [next] = await queries.query<{ number: number }>("SELECT nextval('block_numbers') AS number");
      const made = next?.number as number;
      const atMs = this.#clock.nowMs();
      if (blocked) await queries.query('INSERT INTO blocks VALUES ($1, $2, $3, $4)', [userId, blockedId, made, atMs]);
      else await queries.query('DELETE FROM blocks WHERE user_id = $1 AND blocked_id = $2', [userId, blockedId]);
      await this.#outbox.put(queries, { userId, atMs, blockChanged: { blockedId, blocked, number: made } });
      return made;
    });
    await this.#outbox.drain();
    return number;
  }

  /** The newest first, those before a number where it is not 0. */
  list(userId: string, beforeNumber: number, limit: number): Promise<readonly BlockRow[]> {
    return this.#database.query<BlockRow>(
      `SELECT blocked_id, number, blocked_at_ms FROM blocks WHERE user_id = $1 AND ($2::bigint = 0 OR number < $2)
       ORDER BY number DESC LIMIT $3`,
      [userId, beforeNumber, limit],
    );
  }

  async #checkRoom(queries: Queries, userId: string, blockedId: string): Promise<void> {
    await checkOther(queries, userId, blockedId);
    const [all] = await queries.query<{ count: number }>('SELECT count(*) AS count FROM blocks WHERE user_id = $1', [
      userId,
    ]);
    if ((all?.count ?? 0) >= BLOCKS_MAX)
      throw new ClatterError('TOO_LARGE', `userId: one person blocks at most ${BLOCKS_MAX}`);
  }
}
