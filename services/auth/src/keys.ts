/** The keys that sign access tokens: Ed25519, kept sealed, replaced before they are old. Gateways verify with the public ones. */

import { type Clock, type Ids, StartError } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { type CryptoKey, exportJWK, exportPKCS8, generateKeyPair, importPKCS8, SignJWT } from 'jose';
import type { AuthConfig } from './config.ts';
import type { Database, Queries } from './ports.ts';
import { seal, unsealWithAny } from './secrets.ts';

const DAY_MS = 86_400_000;
/** A key is followed by the next one after so long. */
const ROTATE_AFTER_MS = 90 * DAY_MS;
/** A key is published for so long before it signs: a gateway that has just fetched the keys, and does not again for a moment, has it. */
const PUBLISHED_BEFORE_MS = 3_600_000;
/**
 * A key is forgotten so long after the next one came: that one signs an hour later, others of this service learn of it within another
 * (housekeeping.ts), and a token lives a day at most.
 */
const KEEP_MS = 2 * DAY_MS;

type KeyRow = { key_id: string; public_jwk: string; private_sealed: Uint8Array; created_at_ms: number };

interface Parts {
  readonly database: Database;
  /** The one that seals, then those that sealed before it. */
  readonly secrets: readonly Buffer[];
  readonly config: AuthConfig;
  readonly clock: Clock;
  readonly ids: Ids;
}

export class AccessTokens {
  readonly #parts: Parts;
  #signing: { readonly keyId: string; readonly key: CryptoKey };
  #jwks: string;

  private constructor(parts: Parts, signing: { keyId: string; key: CryptoKey }, jwks: string) {
    this.#parts = parts;
    this.#signing = signing;
    this.#jwks = jwks;
  }

  /** Throws a StartError where the keys were sealed with another secret. */
  static async load(parts: Parts): Promise<AccessTokens> {
    const rows = await currentKeys(parts);
    return new AccessTokens(parts, await signingKey(parts, rows), keySet(rows));
  }

  /**
   * The public keys as a JSON Web Key Set (RFC 7517): every key that a live token may be signed with, that of another process which has
   * just made one too. As far as is known here, while the database is away.
   */
  async jwks(): Promise<string> {
    try {
      this.#jwks = keySet(await allKeys(this.#parts.database));
    } catch (error) {
      if (!(error instanceof ClatterError && error.code === 'UNAVAILABLE')) throw error;
    }
    return this.#jwks;
  }

  /** A JWT with sub, sid, aud, iss, iat and exp (RFC 7519), signed with EdDSA (RFC 8037); `chat` false in one that reads alone. */
  sign(userId: string, sessionId: string, mayChat: boolean): Promise<string> {
    const { clock, config } = this.#parts;
    const seconds = Math.floor(clock.nowMs() / 1000);
    return new SignJWT({ sid: sessionId, ...(!mayChat && { chat: false }) })
      .setProtectedHeader({ alg: 'EdDSA', kid: this.#signing.keyId, typ: 'JWT' })
      .setSubject(userId)
      .setIssuer(config.CLATTER_AUTH_ISSUER)
      .setAudience(config.CLATTER_AUTH_AUDIENCE)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + config.CLATTER_AUTH_ACCESS_TOKEN_SECONDS)
      .sign(this.#signing.key);
  }

  /** Replaces a key that is old, takes over one that another process made, forgets those that no live token is signed with. */
  async rotate(): Promise<void> {
    const rows = await currentKeys(this.#parts);
    this.#jwks = keySet(rows);
    if (signerOf(rows, this.#parts.clock).key_id !== this.#signing.keyId)
      this.#signing = await signingKey(this.#parts, rows);
  }
}

/** The keys, newest first, at least one; the newest is not old. */
async function currentKeys({ database, secrets, clock, ids }: Parts): Promise<readonly KeyRow[]> {
  const now = clock.nowMs();
  return database.transaction(async (queries) => {
    // One process at a time, so that two that start together make one key.
    await queries.query('SELECT pg_advisory_xact_lock(7102)');
    await queries.query(
      `DELETE FROM signing_keys WHERE created_at_ms < (SELECT max(created_at_ms) FROM signing_keys WHERE created_at_ms < $1)`,
      [now - KEEP_MS],
    );
    const rows = await allKeys(queries);
    if (rows[0] && rows[0].created_at_ms > now - ROTATE_AFTER_MS) return rows;
    const fresh = await newKey(secrets[0] as Buffer, ids, now);
    await queries.query('INSERT INTO signing_keys VALUES ($1, $2, $3, $4)', [
      fresh.key_id,
      fresh.public_jwk,
      fresh.private_sealed,
      now,
    ]);
    return [fresh, ...rows];
  });
}

const allKeys = (queries: Queries): Promise<readonly KeyRow[]> =>
  queries.query<KeyRow>('SELECT * FROM signing_keys ORDER BY created_at_ms DESC, key_id DESC');

async function newKey(secret: Buffer, ids: Ids, now: number): Promise<KeyRow> {
  const { publicKey, privateKey } = await generateKeyPair('Ed25519', { extractable: true });
  const key_id = ids.v7();
  return {
    key_id,
    public_jwk: JSON.stringify({ ...(await exportJWK(publicKey)), kid: key_id, alg: 'EdDSA', use: 'sig' }),
    private_sealed: seal(secret, await exportPKCS8(privateKey)),
    created_at_ms: now,
  };
}

/** The newest that was published long enough; of an installation that has just begun, its only one. */
function signerOf(rows: readonly KeyRow[], clock: Clock): KeyRow {
  const madeBy = clock.nowMs() - PUBLISHED_BEFORE_MS;
  return (rows.find((row) => row.created_at_ms <= madeBy) ?? rows.at(-1)) as KeyRow;
}

async function signingKey(
  { secrets, clock }: Parts,
  rows: readonly KeyRow[],
): Promise<{ keyId: string; key: CryptoKey }> {
  const { key_id, private_sealed } = signerOf(rows, clock);
  const pkcs8 = unsealWithAny(secrets, private_sealed);
  if (pkcs8 === undefined)
    throw new StartError(
      'the signing keys were sealed with another secret: bring back CLATTER_AUTH_KEY_SECRET, or the file auth/key.secret, as it was',
    );
  return { keyId: key_id, key: await importPKCS8(pkcs8, 'EdDSA') };
}

const keySet = (rows: readonly KeyRow[]): string =>
  JSON.stringify({ keys: rows.map((row) => JSON.parse(row.public_jwk) as unknown) });
