/**
 * Limits against guessing and flooding. In Redis they hold for all processes together; without it, in the memory of this process, which is honest
 * where there is one. While Redis is away each process counts for itself, from zero, by the same limits: with n processes somebody gets n
 * times as many guesses then, and nobody is locked out of their account by a Redis that is down.
 *
 * | key                                             | type   | value  | expiry                         |
 * |-------------------------------------------------|--------|--------|--------------------------------|
 * | `clatter:auth:<limit>:<account id or address>`  | string | points | 15 minutes (accounts), 1 minute |
 */
import type { RedisLink } from '@clatter/runtime/redis';
import { ClatterError } from '@clatter/wire';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { AuthConfig } from './config.ts';

/** Whose password is guessed at (an account's id, or the name that no account has), and where from. */
export interface Guess {
  readonly account: string;
  readonly address: string;
}

export interface LoginLimits {
  /** Throws RATE_LIMITED where an account or an address has failed too often lately. Counts nothing. */
  check(guess: Guess): Promise<void>;
  /** Counts a guess as failed until it is known to be right; throws RATE_LIMITED past the limits. */
  begin(guess: Guess): Promise<void>;
  /** The guess was right: it does not count, and the account's failures are forgotten. */
  succeeded(guess: Guess): Promise<void>;
  /** Counts a registration; throws RATE_LIMITED past the limit. */
  registration(address: string): Promise<void>;
}

/** `redis`: where several processes count together. */
export function createLimits(config: AuthConfig, redis: RedisLink | undefined): LoginLimits {
  const limiter = (name: string, points: number, duration: number): RateLimiterAbstract => {
    const memory = new RateLimiterMemory({ points, duration });
    if (!redis) return memory;
    return new RateLimiterRedis({
      storeClient: redis.client,
      keyPrefix: `${config.CLATTER_REDIS_PREFIX}clatter:auth:${name}`,
      points,
      duration,
      rejectIfRedisNotReady: true,
      insuranceLimiter: memory,
    });
  };
  const account = limiter('account', config.CLATTER_AUTH_FAILED_LOGINS_PER_ACCOUNT, 900);
  const address = limiter('address', config.CLATTER_AUTH_FAILED_LOGINS_PER_ADDRESS, 60);
  const registrations = limiter('registrations', config.CLATTER_AUTH_REGISTRATIONS_PER_ADDRESS, 60);
  const byAccount = 'too many failed logins of this account';
  const byAddress = 'too many failed logins from this address';

  return {
    async check(guess) {
      refuseAt(account, await account.get(guess.account), byAccount);
      refuseAt(address, await address.get(guess.address), byAddress);
    },
    async begin(guess) {
      await consume(account, guess.account, byAccount);
      try {
        await consume(address, guess.address, byAddress);
      } catch (error) {
        await account.reward(guess.account);
        throw error;
      }
    },
    async succeeded(guess) {
      await account.delete(guess.account);
      await address.reward(guess.address);
    },
    registration: (from) => consume(registrations, from, 'too many registrations from this address'),
  };
}

async function consume(limiter: RateLimiterAbstract, key: string, what: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refused) {
    throw refused instanceof RateLimiterRes ? limited(what, refused) : refused;
  }
}

function refuseAt(limiter: RateLimiterAbstract, counted: RateLimiterRes | null, what: string): void {
  if (counted && counted.consumedPoints >= limiter.points) throw limited(what, counted);
}

const limited = (what: string, counted: RateLimiterRes): ClatterError =>
  new ClatterError('RATE_LIMITED', what, { retryAfterMs: Math.max(1000, counted.msBeforeNext) });
