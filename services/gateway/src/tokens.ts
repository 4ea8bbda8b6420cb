/** Verifies access tokens with auth's public keys: no call per token. */
import type { AuthService } from '@clatter/contracts/auth';
import { isUuid } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { createLocalJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';

/** Who a token says is there. */
export interface Identity {
  readonly userId: string;
  readonly sessionId: string;
  readonly expiresAtMs: number;
}

/** Keys are fetched again for an unknown key id, but not more often than this. */
const REFETCH_MS = 5000;

export class TokenVerifier {
  readonly #auth: () => AuthService;
  readonly #expected: { readonly issuer: string; readonly audience: string };
  #keys: JWTVerifyGetKey | undefined;
  #fetchedAtMs = 0;

  constructor(auth: () => AuthService, expected: { issuer: string; audience: string }) {
    this.#auth = auth;
    this.#expected = expected;
  }

  /** Throws UNAUTHENTICATED or TOKEN_EXPIRED; UNAVAILABLE where the keys cannot be had. */
  async verify(token: string): Promise<Identity> {
    try {
      return await this.#verify(token, await this.#load(false));
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey && Date.now() - this.#fetchedAtMs > REFETCH_MS) {
        try {
          return await this.#verify(token, await this.#load(true));
        } catch (again) {
          throw explain(again);
        }
      }
      throw explain(error);
    }
  }

  async #verify(token: string, keys: JWTVerifyGetKey): Promise<Identity> {
    const { payload } = await jwtVerify(token, keys, {
      ...this.#expected,
      algorithms: ['EdDSA'],
      requiredClaims: ['sub', 'sid', 'exp'],
    });
    const { sub, sid, exp } = payload;
    if (!sub || !isUuid(sub) || typeof sid !== 'string' || !isUuid(sid))
      throw new ClatterError('UNAUTHENTICATED', 'token: its claims are not ours');
    return { userId: sub, sessionId: sid, expiresAtMs: (exp as number) * 1000 };
  }

  async #load(again: boolean): Promise<JWTVerifyGetKey> {
    if (!this.#keys || again) {
      const { jwks = '{"keys":[]}' } = await this.#auth().getKeys({});
      this.#fetchedAtMs = Date.now();
      this.#keys = createLocalJWKSet(JSON.parse(jwks) as Parameters<typeof createLocalJWKSet>[0]);
    }
    return this.#keys;
  }
}

function explain(error: unknown): ClatterError {
  if (error instanceof ClatterError) return error;
  if (error instanceof errors.JWTExpired) return new ClatterError('TOKEN_EXPIRED', 'token: it has expired');
  if (error instanceof errors.JOSEError) return new ClatterError('UNAUTHENTICATED', 'token: it is not valid');
  return new ClatterError('UNAVAILABLE', 'tokens cannot be verified now', { cause: error });
}
