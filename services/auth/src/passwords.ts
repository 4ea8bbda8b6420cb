/** Passwords: argon2id (RFC 9106; the library's default) in libuv's threads, a bounded number at a time. */

import { ClatterError } from '@clatter/wire';
import { hash, verify } from '@node-rs/argon2';
import type { AuthConfig } from './config.ts';

/** Half of libuv's four threads: the rest stays free for files and names. */
const AT_ONCE = 2;

export class Passwords {
  readonly #config: AuthConfig;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #dummy: Promise<string> | undefined;

  constructor(config: AuthConfig) {
    this.#config = config;
  }

  hash(password: string): Promise<string> {
    return this.#inTurn(() =>
      hash(password, {
        memoryCost: this.#config.CLATTER_AUTH_ARGON2_MEMORY_KIB,
        timeCost: this.#config.CLATTER_AUTH_ARGON2_PASSES,
        parallelism: 1,
      }),
    );
  }

  /** Whether the password belongs to the hash. Without a hash, that of an unknown account, it takes as long and says no. */
  async verify(stored: string | undefined, password: string): Promise<boolean> {
    this.#dummy ??= this.hash('no account has this password');
    const against = stored ?? (await this.#dummy);
    const same = await this.#inTurn(() => verify(against, password));
    return stored !== undefined && same;
  }

  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= this.#config.CLATTER_AUTH_HASHES_WAITING_MAX)
        throw new ClatterError('RATE_LIMITED', 'too many people log in at this moment');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      return await run();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
