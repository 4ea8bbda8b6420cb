/** Limits against guessing and flooding. In the memory of this process: honest where there is one. */

import { ClatterError } from '@clatter/wire';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
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

export function createLimits(config: AuthConfig): LoginLimits {
  const account = new RateLimiterMemory({ points: config.CLATTER_AUTH_FAILED_LOGINS_PER_ACCOUNT, duration: 900 });
  const address = new RateLimiterMemory({ points: config.CLATTER_AUTH_FAILED_LOGINS_PER_ADDRESS, duration: 60 });
  const registrations = new RateLimiterMemory({ points: config.CLATTER_AUTH_REGISTRATIONS_PER_ADDRESS, duration: 60 });
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

async function consume(limiter: RateLimiterMemory, key: string, what: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refused) {
    throw refused instanceof RateLimiterRes ? limited(what, refused) : refused;
  }
}

function refuseAt(limiter: RateLimiterMemory, counted: RateLimiterRes | null, what: string): void {
  if (counted && counted.consumedPoints >= limiter.points) throw limited(what, counted);
}

const limited = (what: string, counted: RateLimiterRes): ClatterError =>
  new ClatterError('RATE_LIMITED', what, { retryAfterMs: Math.max(1000, counted.msBeforeNext) });
