/** Verifies access tokens with auth's public keys: no call per token. */
import type { AuthService } from '@clatter/contracts/auth';
import { type Clock, isUuid } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { createLocalJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';

/** Who a token says is there. */
export interface Identity {
  readonly userId: string;
  readonly sessionId: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** False where the installation wants a verified address for that, and the person has none yet. */
  readonly mayChat: boolean;
}

/** Keys are fetched again for an unknown key id, but not more often than this. */
const REFETCH_MS = 5000;

export class TokenVerifier {
  readonly #auth: () => AuthService;
  readonly #expected: { readonly issuer: string; readonly audience: string };
  readonly #clock: Clock;
  #keys: JWTVerifyGetKey | undefined;
  #fetching: Promise<JWTVerifyGetKey> | undefined;
  #fetchedAtMs = Number.NEGATIVE_INFINITY;

  constructor(auth: () => AuthService, expected: { issuer: string; audience: string }, clock: Clock) {
    this.#auth = auth;
    this.#expected = expected;
    this.#clock = clock;
  }

  /** Throws UNAUTHENTICATED or TOKEN_EXPIRED; UNAVAILABLE where the keys cannot be had. */
  async verify(token: string): Promise<Identity> {
    try {
      try {
        return await this.#verify(token, this.#keys ?? (await this.#fetch()));
      } catch (error) {
        const stale = this.#clock.nowMs() - this.#fetchedAtMs >= REFETCH_MS;
        if (!(error instanceof errors.JWKSNoMatchingKey) || !stale) throw error;
        return await this.#verify(token, await this.#fetch());
      }
    } catch (error) {
      throw explain(error);
    }
  }

  async #verify(token: string, keys: JWTVerifyGetKey): Promise<Identity> {
    const { payload } = await jwtVerify(token, keys, {
      ...this.#expected,
      algorithms: ['EdDSA'],
      requiredClaims: ['sub', 'sid', 'iat', 'exp'],
      currentDate: new Date(this.#clock.nowMs()),
    });
    const { sub, sid, iat, exp, chat } = payload;
    if (!sub || !isUuid(sub) || typeof sid !== 'string' || !isUuid(sid))
      throw new ClatterError('UNAUTHENTICATED', 'token: its claims are not ours');
    return {
      userId: sub,
      sessionId: sid,
      issuedAtMs: (iat as number) * 1000,
      expiresAtMs: (exp as number) * 1000,
      mayChat: chat !== false,
    };
  }

  /** One fetch at a time, whoever waits for it. */
  #fetch(): Promise<JWTVerifyGetKey> {
    this.#fetching ??= this.#auth()
      .getKeys({})
      .then(({ jwks = '{"keys":[]}' }) => {
        this.#fetchedAtMs = this.#clock.nowMs();
        this.#keys = createLocalJWKSet(JSON.parse(jwks) as Parameters<typeof createLocalJWKSet>[0]);
        return this.#keys;
      })
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }
}

function explain(error: unknown): ClatterError {
  if (error instanceof ClatterError) return error;
  if (error instanceof errors.JWTExpired) return new ClatterError('TOKEN_EXPIRED', 'token: it has expired');
  if (error instanceof errors.JOSEError) return new ClatterError('UNAUTHENTICATED', 'token: it is not valid');
  return new ClatterError('UNAVAILABLE', 'tokens cannot be verified now', { cause: error });
}

export const unverified = (): ClatterError =>
  new ClatterError('FORBIDDEN', 'verify an e-mail address or a phone number first, then get a new access token');
