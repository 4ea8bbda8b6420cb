/**
 * What is dangerous (deleting the account, other factors, another password) wants more than a session, which may be a phone that somebody
 * left on a table: that whoever holds it proved lately who they are. A login is such a proof; later it is asked for again.
 */
import type { Clock } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import type { AuthConfig } from './config.ts';
import type { Queries } from './ports.ts';

export class Proofs {
  readonly #clock: Clock;
  readonly #goodMs: number;

  constructor(clock: Clock, config: AuthConfig) {
    this.#clock = clock;
    this.#goodMs = config.CLATTER_AUTH_PROOF_SECONDS * 1000;
  }

  /** Throws REAUTHENTICATION_REQUIRED where the session has no recent proof, or is none of that person. */
  async require(queries: Queries, userId: string, sessionId: string): Promise<void> {
    const [session] = await queries.query<{ proved_at_ms: number }>(
      `SELECT proved_at_ms FROM sessions WHERE session_id::text = $1 AND user_id = $2 AND revoked_at_ms IS NULL`,
      [sessionId, userId],
    );
    if (!session || session.proved_at_ms + this.#goodMs < this.#clock.nowMs())
      throw new ClatterError(
        'REAUTHENTICATION_REQUIRED',
        `prove again who you are: want a proof of the last ${this.#goodMs / 1000} seconds`,
      );
  }

  /** The holder of a session has proved who they are. Returns until when that counts. Throws UNAUTHENTICATED where the session has ended. */
  async mark(queries: Queries, userId: string, sessionId: string): Promise<number> {
    const now = this.#clock.nowMs();
    const marked = await queries.query(
      `UPDATE sessions SET proved_at_ms = $3 WHERE session_id::text = $1 AND user_id = $2 AND revoked_at_ms IS NULL RETURNING session_id`,
      [sessionId, userId, now],
    );
    if (marked.length === 0) throw new ClatterError('UNAUTHENTICATED', 'the session has ended');
    return now + this.#goodMs;
  }
}
