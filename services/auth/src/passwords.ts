/** Passwords: argon2id (RFC 9106; the library's default) in libuv's threads, a bounded number at a time, and a bounded line before them. */

import { ClatterError } from '@clatter/wire';
import { hash, verify } from '@node-rs/argon2';
import type { AuthConfig } from './config.ts';

/** What has to happen while a guess has its turn, so that no number of guesses at once gets past a limit. */
export interface GuessGuard {
  /** Before the password is looked at; a rejection refuses the guess. */
  before(): Promise<void>;
  after(right: boolean): Promise<void>;
}

export class Passwords {
  readonly #config: AuthConfig;
  /** The hash that guesses at unknown accounts are held against. */
  readonly #nobody: string;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  private constructor(config: AuthConfig, nobody: string) {
    this.#config = config;
    this.#nobody = nobody;
  }

  static async create(config: AuthConfig): Promise<Passwords> {
    return new Passwords(config, await new Passwords(config, '').hash('no account has this password'));
  }

  /** A PHC string with its own salt and parameters. Throws RATE_LIMITED where too many wait. */
  hash(password: string): Promise<string> {
    return this.#inTurn(() =>
      hash(password, {
        memoryCost: this.#config.CLATTER_AUTH_ARGON2_MEMORY_KIB,
        timeCost: this.#config.CLATTER_AUTH_ARGON2_PASSES,
        parallelism: 1,
      }),
    );
  }

  /**
   * Whether the password belongs to the hash. Without a hash, that of an unknown account or of one without a password, it takes as long and
   * says no. Throws RATE_LIMITED where too many wait, and what the guard throws.
   */
  verify(stored: string | undefined, password: string, guard: GuessGuard): Promise<boolean> {
    return this.#inTurn(async () => {
      await guard.before();
      const same = await verify(stored || this.#nobody, password);
      const right = Boolean(stored) && same;
      await guard.after(right);
      return right;
    });
  }

  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#config.CLATTER_AUTH_HASHES_AT_ONCE) {
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
