/** The keys that sign access tokens: Ed25519, kept sealed, replaced before they are old. Gateways verify with the public ones. */

import type { Clock, Ids } from '@clatter/runtime';
import { type CryptoKey, exportJWK, exportPKCS8, generateKeyPair, importPKCS8, SignJWT } from 'jose';
import type { AuthConfig } from './config.ts';
import type { Database } from './ports.ts';
import { seal, unseal } from './secrets.ts';

const DAY_MS = 86_400_000;
/** A key signs for so long; the tokens of an older one have run out long before it is forgotten. */
const ROTATE_AFTER_MS = 90 * DAY_MS;
const KEEP_MS = 100 * DAY_MS;

type KeyRow = { key_id: string; public_jwk: string; private_sealed: Uint8Array; created_at_ms: number };

export interface AccessTokens {
  /** A JWT with sub, sid, aud, iss, iat and exp (RFC 7519), signed with EdDSA (RFC 8037). */
  sign(userId: string, sessionId: string): Promise<string>;
  /** The public keys as a JSON Web Key Set (RFC 7517). */
  readonly jwks: string;
}

/** Loads the keys; makes a new one where there is none or the newest is old. */
export async function loadKeys(
  database: Database,
  secret: Buffer,
  config: AuthConfig,
  clock: Clock,
  ids: Ids,
): Promise<AccessTokens> {
  const now = clock.nowMs();
  await database.query('DELETE FROM signing_keys WHERE created_at_ms < $1', [now - KEEP_MS]);
  const newest = 'SELECT * FROM signing_keys ORDER BY created_at_ms DESC, key_id';
  let rows = await database.query<KeyRow>(newest);
  if (!rows[0] || rows[0].created_at_ms < now - ROTATE_AFTER_MS) {
    const { publicKey, privateKey } = await generateKeyPair('Ed25519', { extractable: true });
    const keyId = ids.v7();
    const jwk = JSON.stringify({ ...(await exportJWK(publicKey)), kid: keyId, alg: 'EdDSA', use: 'sig' });
    await database.query('INSERT INTO signing_keys VALUES ($1, $2, $3, $4)', [
      keyId,
      jwk,
      seal(secret, await exportPKCS8(privateKey)),
      now,
    ]);
    rows = await database.query<KeyRow>(newest);
  }
  const current = rows[0] as KeyRow;
  let key: CryptoKey;
  try {
    key = await importPKCS8(unseal(secret, current.private_sealed), 'EdDSA');
  } catch (error) {
    throw new Error(
      'the signing keys were sealed with another secret (CLATTER_AUTH_KEY_SECRET, or the file auth/key.secret)',
      { cause: error },
    );
  }
  return {
    jwks: JSON.stringify({ keys: rows.map((row) => JSON.parse(row.public_jwk) as unknown) }),
    sign(userId, sessionId) {
      const seconds = Math.floor(clock.nowMs() / 1000);
      return new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: 'EdDSA', kid: current.key_id, typ: 'JWT' })
        .setSubject(userId)
        .setIssuer(config.CLATTER_AUTH_ISSUER)
        .setAudience(config.CLATTER_AUTH_AUDIENCE)
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + config.CLATTER_AUTH_ACCESS_TOKEN_SECONDS)
        .sign(key);
    },
  };
}
