/**
 * How many reads may be repeated: a service that fails for everybody is not asked more and more often. Each failure takes a token, each
 * success gives a tenth of one, and below half of them nothing is repeated (gRFC A6, "retry throttling").
 */
const TOKENS_MAX = 10;
const TOKENS_PER_SUCCESS = 0.1;

export class RetryBudget {
  #tokens = TOKENS_MAX;

  succeeded(): void {
    this.#tokens = Math.min(TOKENS_MAX, this.#tokens + TOKENS_PER_SUCCESS);
  }

  /** Returns whether the call may be repeated. */
  failed(): boolean {
    this.#tokens = Math.max(0, this.#tokens - 1);
    return this.#tokens > TOKENS_MAX / 2;
  }
}
