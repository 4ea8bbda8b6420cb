/**
 * Logins elsewhere, from the begin to the code that the browser brings back. Each is named by its `state`, which is kept hashed; nonce and PKCE
 * verifier follow from it by a key of this installation, so that nothing that a thief of the database could use is kept. It ends with a
 * code that is good once, for a minute, and only for whoever has the secret of its begin: the browser in a cookie, an app in its memory. So
 * nobody is logged in as somebody else by a link, and nobody's login is linked to another's account.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import type { DataKeys } from '../data-keys.ts';
import type { Database, Queries } from '../ports.ts';
import { hashToken } from '../secrets.ts';
import type { Subject, Ties } from './provider.ts';

export const FLOW_MS = 600_000;
const CODE_MS = 60_000;

type FlowRow = {
  provider: string;
  secret_hash: Uint8Array;
  by_cookie: boolean;
  return_url: string;
  user_id: string | null;
};

type CodeRow = { provider: string; subject: string; name: string; user_id: string | null };

export interface Flow {
  readonly ties: Ties;
  readonly secretHash: Uint8Array;
  readonly returnUrl: string;
  readonly userId: string | null;
}

export class SsoFlows {
  readonly #database: Database;
  readonly #keys: DataKeys;
  readonly #clock: Clock;
  readonly #redirectUri: (provider: string) => string;

  constructor(parts: { database: Database; keys: DataKeys; clock: Clock; redirectUri: (provider: string) => string }) {
    this.#database = parts.database;
    this.#keys = parts.keys;
    this.#clock = parts.clock;
    this.#redirectUri = parts.redirectUri;
  }

  async begin(wanted: {
    provider: string;
    returnUrl: string;
    byCookie: boolean;
    userId: string | undefined;
  }): Promise<{ ties: Ties; secret: string }> {
    const state = randomBytes(32).toString('base64url');
    const secret = randomBytes(32).toString('base64url');
    await this.#database.query('INSERT INTO sso_flows VALUES ($1, $2, $3, $4, $5, $6, $7)', [
      hashToken(state),
      wanted.provider,
      hashToken(secret),
      wanted.byCookie,
      wanted.returnUrl,
      wanted.userId ?? null,
      this.#clock.nowMs() + FLOW_MS,
    ]);
    return { ties: this.#ties(wanted.provider, state), secret };
  }

  /** Once. Throws UNAUTHENTICATED where nothing such was begun, or in another browser. */
  async take(provider: string, state: string, secret: string): Promise<Flow> {
    const [row] = await this.#database.query<FlowRow>(
      'DELETE FROM sso_flows WHERE state_hash = $1 AND provider = $2 AND expires_at_ms >= $3 RETURNING *',
      [hashToken(state), provider, this.#clock.nowMs()],
    );
    if (!row || (row.by_cookie && !timingSafeEqual(row.secret_hash, hashToken(secret))))
      throw new ClatterError('UNAUTHENTICATED', 'state: want that of a login that was begun here; begin again');
    return {
      ties: this.#ties(provider, state),
      secretHash: row.secret_hash,
      returnUrl: row.return_url,
      userId: row.user_id,
    };
  }

  /** The code that the browser brings back. */
  async giveCode(provider: string, flow: Flow, { subject, name }: Subject): Promise<string> {
    const code = randomBytes(32).toString('base64url');
    await this.#database.query('INSERT INTO sso_codes VALUES ($1, $2, $3, $4, $5, $6, $7)', [
      hashToken(code),
      flow.secretHash,
      provider,
      subject,
      name.replaceAll('\0', '').slice(0, 200),
      flow.userId,
      this.#clock.nowMs() + CODE_MS,
    ]);
    return code;
  }

  /** Once, for a login or for the link of one account. Throws UNAUTHENTICATED. */
  async takeCode(
    code: string,
    secret: string,
    userId: string | null,
  ): Promise<Subject & { readonly provider: string }> {
    const [row] = await this.#database.query<CodeRow>(
      `DELETE FROM sso_codes WHERE code_hash = $1 AND secret_hash = $2 AND user_id IS NOT DISTINCT FROM $3::uuid
         AND expires_at_ms >= $4 RETURNING *`,
      [hashToken(code), hashToken(secret), userId, this.#clock.nowMs()],
    );
    if (!row)
      throw new ClatterError('UNAUTHENTICATED', 'code: want one of the last minute, with the secret of its begin');
    return row;
  }

  async forget(queries: Queries = this.#database): Promise<void> {
    for (const table of ['sso_flows', 'sso_codes'])
      await queries.query(`DELETE FROM ${table} WHERE expires_at_ms < $1`, [this.#clock.nowMs()]);
  }

  #ties(provider: string, state: string): Ties {
    const derived = (use: string): string => Buffer.from(this.#keys.lookup(use, state)).toString('base64url');
    return {
      state,
      nonce: derived('sso nonce'),
      verifier: derived('sso verifier'),
      redirectUri: this.#redirectUri(provider),
    };
  }
}
