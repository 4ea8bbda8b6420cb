/**
 * Why something cannot be used, for its lines in the log: each reason is told once until it can be used again. What is wrong may become something
 * else meanwhile, as when a server that was down comes up and does not know the password.
 */
const REASONS_MAX = 8;

export class ToldReasons {
  readonly #told = new Set<string>();

  /** Whether there is any. */
  get isEmpty(): boolean {
    return this.#told.size === 0;
  }

  /** Whether to tell it; past so many different ones none is. */
  isNew(reason: string): boolean {
    if (this.#told.has(reason) || this.#told.size >= REASONS_MAX) return false;
    this.#told.add(reason);
    return true;
  }

  clear(): void {
    this.#told.clear();
  }
}
