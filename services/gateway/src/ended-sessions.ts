/** Sessions and accounts that ended lately: their tokens are good for nothing, though they have not expired yet. */
import type { AccountRecord } from '@clatter/contracts/auth';
import type { Clock } from '@clatter/runtime';
import type { Identity } from './tokens.ts';

/** How long an end is remembered: longer than an access token lives. */
const REMEMBERED_MS = 20 * 60_000;

interface End {
  /** Tokens issued before are meant. */
  readonly before: number;
  readonly untilMs: number;
}

export class EndedSessions {
  readonly #clock: Clock;
  /** Session or user id → its end; insertion order is age. */
  readonly #ends = new Map<string, End>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Remembers what the record ends, if anything; returns whose sockets are meant. */
  take({ userId, atMs, sessionsRevoked, deleted }: AccountRecord): ((identity: Identity) => boolean) | undefined {
    this.#forget();
    if (sessionsRevoked && sessionsRevoked.sessionIds.length > 0)
      for (const sessionId of sessionsRevoked.sessionIds) this.#add(sessionId, Number.POSITIVE_INFINITY);
    // A token has its time in whole seconds: one of the same second may be of a new login.
    else if (sessionsRevoked) this.#add(userId, Math.floor(atMs / 1000) * 1000);
    else if (deleted) this.#add(userId, Number.POSITIVE_INFINITY);
    else return undefined;
    return (identity) => identity.userId === userId && this.has(identity);
  }

  has({ userId, sessionId, issuedAtMs }: Identity): boolean {
    return this.#ends.has(sessionId) || issuedAtMs < (this.#ends.get(userId)?.before ?? Number.NEGATIVE_INFINITY);
  }

  #add(id: string, before: number): void {
    this.#ends.delete(id);
    this.#ends.set(id, { before, untilMs: this.#clock.nowMs() + REMEMBERED_MS });
  }

  #forget(): void {
    const now = this.#clock.nowMs();
    for (const [id, { untilMs }] of this.#ends) {
      if (untilMs > now) break;
      this.#ends.delete(id);
    }
  }
}
