/** For tests, here and in other packages: time that passes by hand, and randomness and ids from a seed. */
import type { Clock } from './clock.ts';
import type { Ids } from './ids.ts';

interface Timer {
  readonly atMs: number;
  readonly fire: () => void;
}

/** Time stands still until `advance`. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #timers = new Set<Timer>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  timer(delayMs: number, fire: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that wait: none where something was closed in good order. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Lets `ms` pass: fires what is due, in order, those set meanwhile too, each followed by whatever it began that needs no more time. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
      this.#timers.delete(next);
      this.#nowMs = next.atMs;
      next.fire();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  /** The earliest timer; of several at one time, the one that was set first. */
  #next(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.atMs <= untilMs && (!next || timer.atMs < next.atMs)) next = timer;
    return next;
  }
}

/** Resolves when all promises that wait for no I/O have run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Numbers in 0 ≤ n < 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** UUIDv7s that grow, the same for the same seed. */
export function seededIds(seed: number): Ids {
  const random = seededRandom(seed);
  const digits = (count: number): string =>
    Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('');
  let timeMs = Date.UTC(2026, 0, 1);
  return {
    v7() {
      const time = (timeMs++).toString(16).padStart(12, '0');
      return `${time.slice(0, 8)}-${time.slice(8)}-7${digits(3)}-8${digits(3)}-${digits(12)}`;
    },
  };
}
