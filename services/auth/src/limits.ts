/**
 * Limits against guessing and flooding. In Redis they hold for all processes together; without it, in the memory of this process, which is honest
 * where there is one. While Redis is away each process counts for itself, from zero, by the same limits: with n processes somebody gets n
 * times as many guesses then, and nobody is locked out of their account by a Redis that is down.
 *
 * An account that failed too often is locked, each time for twice as long as the time before. Whoever guesses at it from elsewhere does not lock
 * its owner out: an address from which somebody logged in lately has guesses of its own.
 *
 * | key `<prefix>clatter:auth:…`                     | type   | value                     | expiry                                    |
 * |--------------------------------------------------|--------|---------------------------|-------------------------------------------|
 * | `account:<account>`                              | string | failed logins             | the lock-out, see LOCKOUT_SECONDS         |
 * | `pair:<account> <address>`                       | string | those from there          | the same                                  |
 * | `lockouts:<account>` or `<account> <address>`    | string | times that it was locked  | 2 days                                    |
 * | `known:<account> <address>`                      | string | 1                         | 14 days after the last login from there   |
 * | `address:<address>`, `registrations:<address>`   | string | failed logins; accounts   | 1 minute                                  |
 * | `challenges:<address>`                           | string | logins that were begun    | 1 minute                                  |
 * | `codes:<account>`, `code-targets:<target>`       | string | codes that were asked for | 1 hour                                    |
 * | `code-addresses:<address>`                       | string | codes asked for from it   | 1 hour                                    |
 * | `code-tries:<account>`                           | string | codes that were tried     | 1 hour                                    |
 */
import type { RedisLink } from '@clatter/runtime/redis';
import { ClatterError } from '@clatter/wire';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { AuthConfig } from './config.ts';

const DAY_SECONDS = 86_400;
const LOCKOUT_SECONDS_MAX = DAY_SECONDS;
const LOCKOUTS_SECONDS = 2 * DAY_SECONDS;
const KNOWN_SECONDS = 14 * DAY_SECONDS;
const ADDRESS_SECONDS = 60;
const CODE_SECONDS = 3600;
/** Tries of codes for each code that may be asked for. */
const TRIES_PER_CODE = 5;
/** An address asks for so many codes where an account may ask for one: people share addresses. */
const CODES_PER_ADDRESS = 20;
/** What is counted without a limit. */
const ANY = Number.MAX_SAFE_INTEGER;

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
  /** Counts a challenge that is kept until it is answered; throws RATE_LIMITED past the limit. */
  challenge(address: string): Promise<void>;
  /** Counts a code that is to be sent; throws RATE_LIMITED past the limits. `target`: where to, in a form that does not give it away. */
  code(wanted: Guess & { readonly target: string }): Promise<void>;
  /** Counts a code that was typed; throws RATE_LIMITED past the limits. A wrong one counts as a failed login of the address too. */
  codeTry(guess: Guess): Promise<void>;
  /** The code was right. */
  codeRight(guess: Guess): Promise<void>;
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
  const firstSeconds = config.CLATTER_AUTH_LOCKOUT_SECONDS;
  const perAccount = config.CLATTER_AUTH_FAILED_LOGINS_PER_ACCOUNT;
  const account = limiter('account', perAccount, firstSeconds);
  const pair = limiter('pair', perAccount, firstSeconds);
  const lockouts = limiter('lockouts', ANY, LOCKOUTS_SECONDS);
  const known = limiter('known', ANY, KNOWN_SECONDS);
  const address = limiter('address', config.CLATTER_AUTH_FAILED_LOGINS_PER_ADDRESS, ADDRESS_SECONDS);
  const registrations = limiter('registrations', config.CLATTER_AUTH_REGISTRATIONS_PER_ADDRESS, ADDRESS_SECONDS);
  const challenges = limiter('challenges', config.CLATTER_AUTH_CHALLENGES_PER_ADDRESS, ADDRESS_SECONDS);
  const perHour = config.CLATTER_AUTH_CODES_PER_HOUR;
  const codes = limiter('codes', perHour, CODE_SECONDS);
  const codeTargets = limiter('code-targets', perHour, CODE_SECONDS);
  const codeAddresses = limiter('code-addresses', perHour * CODES_PER_ADDRESS, CODE_SECONDS);
  const codeTries = limiter('code-tries', perHour * TRIES_PER_CODE, CODE_SECONDS);
  const byAccount = 'too many failed logins of this account';
  const byAddress = 'too many failed logins from this address';

  /** Where the failures of a guess are counted. */
  const countedAt = async (guess: Guess): Promise<readonly [limiter: RateLimiterAbstract, key: string]> => {
    const both = pairOf(guess);
    return (await known.get(both)) === null ? [account, guess.account] : [pair, both];
  };
  const lock = async (failures: RateLimiterAbstract, key: string): Promise<void> => {
    const { consumedPoints: times } = await lockouts.consume(key);
    await failures.block(key, Math.min(firstSeconds * 2 ** (times - 1), LOCKOUT_SECONDS_MAX));
  };

  return {
    async check(guess) {
      const [failures, key] = await countedAt(guess);
      refuseAt(failures, await failures.get(key), byAccount);
      refuseAt(address, await address.get(guess.address), byAddress);
    },
    async begin(guess) {
      // The address first: what it may not try does not count against an account.
      await consume(address, guess.address, byAddress);
      const [failures, key] = await countedAt(guess);
      // The last guess of all begins the lock-out; it is unlocked where it is right.
      if ((await consume(failures, key, byAccount)) === failures.points) await lock(failures, key);
    },
    async succeeded(guess) {
      const [failures, key] = await countedAt(guess);
      await failures.delete(key);
      await lockouts.delete(key);
      await address.reward(guess.address);
      if (guess.address !== '') await known.set(pairOf(guess), 1, KNOWN_SECONDS);
    },
    async challenge(from) {
      await consume(challenges, from, 'too many logins began at this address');
    },
    async registration(from) {
      await consume(registrations, from, 'too many registrations from this address');
    },
    async code({ account: who, target, address: from }) {
      const what = 'too many codes were asked for';
      if (from !== '') await consume(codeAddresses, from, what);
      await consume(codes, who, what);
      await consume(codeTargets, target, what);
    },
    async codeTry({ account: who, address: from }) {
      await consume(address, from, byAddress);
      await consume(codeTries, who, 'too many codes were tried');
    },
    async codeRight({ account: who, address: from }) {
      await address.reward(from);
      await codeTries.delete(who);
    },
  };
}

const pairOf = ({ account, address }: Guess): string => `${account} ${address}`;

/** Returns how many there were with this one; throws RATE_LIMITED past the limit. */
async function consume(limiter: RateLimiterAbstract, key: string, what: string): Promise<number> {
  try {
    return (await limiter.consume(key)).consumedPoints;
  } catch (refused) {
    throw refused instanceof RateLimiterRes ? limited(what, refused) : refused;
  }
}

function refuseAt(limiter: RateLimiterAbstract, counted: RateLimiterRes | null, what: string): void {
  if (counted && counted.consumedPoints >= limiter.points) throw limited(what, counted);
}

const limited = (what: string, counted: RateLimiterRes): ClatterError =>
  new ClatterError('RATE_LIMITED', what, { retryAfterMs: Math.max(1000, counted.msBeforeNext) });
