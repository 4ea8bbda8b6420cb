/**
 * Why something cannot be used, for its lines in the log: one until it can be used again, however often its reason changes on the way; and one more for
 * each reason that nobody but a person mends, as when a server that was down comes up and does not know the password.
 */
const FOR_A_PERSON = /certificate|TLS: |password|authenticat|WRONGPASS|NOAUTH|NOPERM/i;
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
    if (!this.isEmpty && !FOR_A_PERSON.test(reason)) return false;
    this.#told.add(reason);
    return true;
  }

  clear(): void {
    this.#told.clear();
  }
}
