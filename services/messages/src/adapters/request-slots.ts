/** Bounds how many requests are under way at once: what comes beyond waits its turn, first come first served. */
export class RequestSlots {
  readonly #requestsMax: number;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(requestsMax: number) {
    this.#requestsMax = requestsMax;
  }

  /** Requests under way. */
  get busy(): number {
    return this.#busy;
  }

  /** Requests that wait for a slot. */
  get waiting(): number {
    return this.#waiting.length;
  }

  async run<T>(request: () => Promise<T>): Promise<T> {
    if (this.#busy < this.#requestsMax) this.#busy++;
    // Whoever leaves hands the slot over.
    else await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    try {
      return await request();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#busy--;
    }
  }
}
