/** Limits against guessing and flooding. In the memory of this process: honest where there is one. */

import { ClatterError } from '@clatter/wire';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import type { AuthConfig } from './config.ts';

export interface LoginLimits {
  /** Throws RATE_LIMITED where an account or an address has failed too often lately. */
  checkLogin(account: string, address: string): Promise<void>;
  loginFailed(account: string, address: string): Promise<void>;
  loginSucceeded(account: string): Promise<void>;
  /** Counts a registration; throws RATE_LIMITED past the limit. */
  registration(address: string): Promise<void>;
}

export function createLimits(config: AuthConfig): LoginLimits {
  const account = new RateLimiterMemory({ points: config.CLATTER_AUTH_FAILED_LOGINS_PER_ACCOUNT, duration: 900 });
  const address = new RateLimiterMemory({ points: config.CLATTER_AUTH_FAILED_LOGINS_PER_ADDRESS, duration: 60 });
  const registrations = new RateLimiterMemory({ points: config.CLATTER_AUTH_REGISTRATIONS_PER_ADDRESS, duration: 60 });
  const refuse = (what: string, result: RateLimiterRes): never => {
    throw new ClatterError('RATE_LIMITED', what, { retryAfterMs: Math.max(1000, result.msBeforeNext) });
  };
  return {
    async checkLogin(name, from) {
      const byAccount = await account.get(name);
      if (byAccount && byAccount.consumedPoints >= account.points)
        refuse('too many failed logins of this account', byAccount);
      const byAddress = await address.get(from);
      if (byAddress && byAddress.consumedPoints >= address.points)
        refuse('too many failed logins from this address', byAddress);
    },
    async loginFailed(name, from) {
      await account.penalty(name);
      await address.penalty(from);
    },
    async loginSucceeded(name) {
      await account.delete(name);
    },
    async registration(from) {
      const result = await registrations.consume(from).catch((refused: RateLimiterRes) => refused);
      if (result.remainingPoints <= 0 && result.consumedPoints > registrations.points)
        refuse('too many registrations from this address', result);
    },
  };
}
