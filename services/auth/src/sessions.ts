/**
 * Sessions and their refresh tokens. A token is used once; for a moment it answers the same again. Later it gets another successor, as long as
 * the one it had was not used: the answer was lost on its way. A token that was used or replaced and comes nevertheless is in two hands: the
 * session ends.
 */
import type { Device, Session, SessionInfo } from '@clatter/contracts/auth';
import type { Clock, Ids } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import type { AccountOutbox } from './account-outbox.ts';
import type { Addresses } from './addresses.ts';
import { type Actor, type Audit, nobody, person } from './audit.ts';
import type { AuthConfig } from './config.ts';
import type { AccessTokens } from './keys.ts';
import type { Notices } from './notices.ts';
import type { Database, Queries } from './ports.ts';
import { hashToken, newRefreshToken, nextRefreshToken } from './secrets.ts';

/** Two copies of one refresh, of a client that lost the first answer, get the same pair within this time. */
const GRACE_MS = 10_000;
const DAY_MS = 86_400_000;
/** Used tokens and ended sessions are known for so long: a token that comes back later is refused like any that never was. */
const KEEP_MS = 7 * DAY_MS;
const DEVICE_NAME_MAX = 100;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

type TokenRow = { used_at_ms: number | null; late_answers: number; replaced: boolean };

type SessionRow = { session_id: string; user_id: string; revoked_at_ms: number | null; last_used_at_ms: number };

interface Parts {
  readonly database: Database;
  readonly outbox: AccountOutbox;
  readonly audit: Audit;
  readonly tokens: AccessTokens;
  readonly addresses: Addresses;
  readonly notices: Notices;
  readonly secret: Buffer;
  readonly config: AuthConfig;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Who ends sessions, and from where. */
interface EndedBy {
  readonly actor: Actor;
  readonly address?: string;
}

/** A session in the database, before its tokens are made. */
interface BegunSession {
  readonly sessionId: string;
  readonly refreshToken: string;
}

export class Sessions {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A login: a session of an account that is there, and in the same transaction what `also` does. Throws UNAUTHENTICATED where it was deleted meanwhile. */
  async begin(
    userId: string,
    device: Device | undefined,
    also: (queries: Queries) => Promise<void> = async () => undefined,
    address = '',
  ): Promise<Session> {
    const begun = await this.#parts.database.transaction(async (queries) => {
      const account = await queries.query(
        'SELECT 1 AS one FROM accounts WHERE user_id = $1 AND deleted_at_ms IS NULL FOR SHARE',
        [userId],
      );
      if (account.length === 0) throw new ClatterError('UNAUTHENTICATED', 'login or password is wrong');
      await also(queries);
      return this.open(queries, userId, device, address);
    });
    return this.issue(userId, begun);
  }

  /** Inside a transaction: a session, whose tokens `issue` makes after the commit. */
  async open(queries: Queries, userId: string, device: Device | undefined, address = ''): Promise<BegunSession> {
    const sessionId = this.#parts.ids.v7();
    const refreshToken = newRefreshToken();
    const now = this.#parts.clock.nowMs();
    await queries.query(
      'INSERT INTO sessions (session_id, user_id, device_name, device_platform, created_at_ms, last_used_at_ms, proved_at_ms) VALUES ($1, $2, $3, $4, $5, $5, $5)',
      [sessionId, userId, label(device?.name, DEVICE_NAME_MAX), label(device?.platform, 30), now],
    );
    await this.#keep(queries, refreshToken, sessionId, now);
    const actor = person(userId);
    await this.#parts.audit.record(queries, { action: 'login.succeeded', actor, userId, target: sessionId, address });
    return { sessionId, refreshToken };
  }

  async issue(userId: string, { sessionId, refreshToken }: BegunSession): Promise<Session> {
    const { tokens, addresses, database, config } = this.#parts;
    const mayChat = config.CLATTER_AUTH_UNVERIFIED_MAY_CHAT === 'yes' || (await addresses.isVerified(database, userId));
    return {
      sessionId,
      accessToken: await tokens.sign(userId, sessionId, mayChat),
      expiresIn: this.#parts.config.CLATTER_AUTH_ACCESS_TOKEN_SECONDS,
      refreshToken,
    };
  }

  /** Throws UNAUTHENTICATED. A token that comes again although its successor was used, or was replaced by another, ends its session. */
  async refresh(token: string, address = ''): Promise<Session> {
    const { database, clock, audit, notices } = this.#parts;
    if (!TOKEN.test(token)) throw unauthenticated();
    const now = clock.nowMs();
    const outcome = await database.transaction(async (queries) => {
      const session = await lockSessionOf(queries, token);
      if (!session || session.revoked_at_ms !== null || session.last_used_at_ms < this.#unusedSinceMs())
        return undefined;
      const next = await this.#nextOf(queries, token, session.session_id, now);
      if (next === undefined) {
        const { user_id: userId, session_id: sessionId } = session;
        await this.#revoke(queries, userId, sessionId);
        await audit.record(queries, { action: 'refresh.reused', actor: nobody, userId, target: sessionId, address });
        await notices.put(queries, userId, 'refreshReused');
        return 'reused' as const;
      }
      return { userId: session.user_id, sessionId: session.session_id, next };
    });
    if (outcome === 'reused') {
      notices.send();
      await this.#parts.outbox.drain();
    }
    if (outcome === undefined || outcome === 'reused') throw unauthenticated();
    return this.issue(outcome.userId, { sessionId: outcome.sessionId, refreshToken: outcome.next });
  }

  /** The token that a token is changed for; undefined where it must not come any more. The session is locked. */
  async #nextOf(queries: Queries, token: string, sessionId: string, now: number): Promise<string | undefined> {
    const { secret } = this.#parts;
    const row = (await readToken(queries, token)) as TokenRow;
    if (row.replaced) return undefined;
    const given = nextRefreshToken(secret, token, row.late_answers);
    if (row.used_at_ms === null) {
      await this.#use(queries, token, row.late_answers, given, sessionId, now);
      return given;
    }
    if (now - row.used_at_ms <= GRACE_MS) return given;
    const successor = await readToken(queries, given);
    if (!successor || successor.used_at_ms !== null) return undefined;
    // The answer was lost, or somebody has stolen the token. Whoever got the first answer still shows it by using it.
    const other = nextRefreshToken(secret, token, row.late_answers + 1);
    await queries.query('UPDATE refresh_tokens SET used_at_ms = $2, replaced = true WHERE token_hash = $1', [
      hashToken(given),
      now,
    ]);
    await this.#use(queries, token, row.late_answers + 1, other, sessionId, now);
    return other;
  }

  async #use(
    queries: Queries,
    token: string,
    lateAnswers: number,
    next: string,
    sessionId: string,
    now: number,
  ): Promise<void> {
    await queries.query('UPDATE refresh_tokens SET used_at_ms = $2, late_answers = $3 WHERE token_hash = $1', [
      hashToken(token),
      now,
      lateAnswers,
    ]);
    await this.#keep(queries, next, sessionId, now);
    await queries.query('UPDATE sessions SET last_used_at_ms = $2 WHERE session_id = $1', [sessionId, now]);
    await queries.query('DELETE FROM refresh_tokens WHERE session_id = $1 AND used_at_ms < $2', [
      sessionId,
      now - KEEP_MS,
    ]);
  }

  async list(userId: string): Promise<SessionInfo[]> {
    const rows = await this.#parts.database.query<{
      session_id: string;
      device_name: string;
      device_platform: string;
      created_at_ms: number;
      last_used_at_ms: number;
    }>(
      `SELECT * FROM sessions WHERE user_id = $1 AND revoked_at_ms IS NULL AND last_used_at_ms >= $2 ORDER BY session_id DESC`,
      [userId, this.#unusedSinceMs()],
    );
    return rows.map((row) => ({
      sessionId: row.session_id,
      device: { name: row.device_name, platform: row.device_platform },
      createdAtMs: row.created_at_ms,
      lastUsedAtMs: row.last_used_at_ms,
    }));
  }

  /** Names its device. Throws INVALID, NOT_FOUND. */
  async rename(userId: string, sessionId: string, name: string): Promise<void> {
    const labelled = label(name.trim(), DEVICE_NAME_MAX);
    if (labelled === '') throw new ClatterError('INVALID', `name: want 1 to ${DEVICE_NAME_MAX} characters`);
    const renamed = await this.#parts.database.query(
      'UPDATE sessions SET device_name = $3 WHERE user_id = $1 AND session_id = $2 AND revoked_at_ms IS NULL RETURNING session_id',
      [userId, sessionId, labelled],
    );
    if (renamed.length === 0) throw new ClatterError('NOT_FOUND', 'there is no such session');
  }

  /** Ends one session, or all; resolves when the other services can know. Returns how many ended. */
  async revoke(
    userId: string,
    sessionId: string | undefined,
    by: EndedBy = { actor: person(userId) },
  ): Promise<number> {
    const action = sessionId === undefined ? 'sessions.revoked' : 'session.revoked';
    const count = await this.#parts.database.transaction(async (queries) => {
      const ended = await this.#revoke(queries, userId, sessionId);
      if (ended > 0) await this.#parts.audit.record(queries, { action, userId, target: sessionId, ...by });
      return ended;
    });
    await this.#parts.outbox.drain();
    return count;
  }

  /** Inside of a transaction: ends all sessions of a person but one, where one is given. */
  async revokeOthers(queries: Queries, userId: string, exceptSessionId: string | undefined): Promise<void> {
    const ended = await this.#revoke(queries, userId, undefined, exceptSessionId);
    if (ended > 0)
      await this.#parts.audit.record(queries, { action: 'sessions.revoked', actor: person(userId), userId });
  }

  /** Drops sessions that have been over for a while, with their tokens. */
  async forget(): Promise<void> {
    await this.#parts.database.query('DELETE FROM sessions WHERE revoked_at_ms < $1 OR last_used_at_ms < $2', [
      this.#parts.clock.nowMs() - KEEP_MS,
      this.#unusedSinceMs(),
    ]);
  }

  /** A session that was last used before has ended by itself. */
  #unusedSinceMs(): number {
    return this.#parts.clock.nowMs() - this.#parts.config.CLATTER_AUTH_SESSION_DAYS * DAY_MS;
  }

  async #revoke(
    queries: Queries,
    userId: string,
    sessionId: string | undefined,
    exceptSessionId?: string | undefined,
  ): Promise<number> {
    const now = this.#parts.clock.nowMs();
    const ended = await queries.query<{ session_id: string }>(
      `UPDATE sessions SET revoked_at_ms = $2 WHERE user_id = $1 AND revoked_at_ms IS NULL
       AND ($3::uuid IS NULL OR session_id = $3) AND ($4::uuid IS NULL OR session_id <> $4) RETURNING session_id`,
      [userId, now, sessionId ?? null, exceptSessionId ?? null],
    );
    if (ended.length > 0)
      await this.#parts.outbox.put(queries, {
        userId,
        atMs: now,
        sessionsRevoked: { sessionIds: ended.map((row) => row.session_id) },
      });
    return ended.length;
  }

  async #keep(queries: Queries, token: string, sessionId: string, now: number): Promise<void> {
    await queries.query('INSERT INTO refresh_tokens VALUES ($1, $2, $3, NULL) ON CONFLICT DO NOTHING', [
      hashToken(token),
      sessionId,
      now,
    ]);
  }
}

/** One refresh of a session at a time: what is read after this is what the last one left. */
async function lockSessionOf(queries: Queries, token: string): Promise<SessionRow | undefined> {
  const [session] = await queries.query<SessionRow>(
    `SELECT session_id, user_id, revoked_at_ms, last_used_at_ms FROM sessions
     WHERE session_id = (SELECT session_id FROM refresh_tokens WHERE token_hash = $1) FOR UPDATE`,
    [hashToken(token)],
  );
  return session;
}

async function readToken(queries: Queries, token: string): Promise<TokenRow | undefined> {
  const [row] = await queries.query<TokenRow>(
    'SELECT used_at_ms, late_answers, replaced FROM refresh_tokens WHERE token_hash = $1',
    [hashToken(token)],
  );
  return row;
}

/** A label that a client chose: cut to `max` characters, without what a database refuses. */
const label = (text: string | undefined, max: number): string =>
  [...(text ?? '').replaceAll('\0', '').toWellFormed()].slice(0, max).join('');

const unauthenticated = (): ClatterError =>
  new ClatterError('UNAUTHENTICATED', 'refreshToken: want the newest one of a live session');
