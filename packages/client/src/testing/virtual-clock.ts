/** Time that passes only when a test says so. */
import type { ClientClock } from '../types.ts';

interface Timer {
  readonly atMs: number;
  readonly number: number;
  readonly fire: () => void;
}

export class VirtualClock implements ClientClock {
  #nowMs = 1_800_000_000_000;
  #timers: Timer[] = [];
  #count = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  timer(delayMs: number, fire: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), number: this.#count++, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** Lets so much time pass; what a timer sets off comes to rest before the next one fires. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await rest();
    for (;;) {
      const next = this.#timers.reduce<Timer | undefined>(
        (first, timer) =>
          !first || timer.atMs < first.atMs || (timer.atMs === first.atMs && timer.number < first.number)
            ? timer
            : first,
        undefined,
      );
      if (!next || next.atMs > untilMs) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#nowMs = next.atMs;
      next.fire();
      await rest();
    }
    this.#nowMs = untilMs;
  }
}

/** All promises that can settle have. */
export const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
