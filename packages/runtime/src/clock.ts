/** Time as an argument, so that a seed replays a run. */
export interface Clock {
  /** ms since 1970. */
  nowMs(): number;
  /** Calls `fire` once after `delayMs`; the returned function cancels. */
  timer(delayMs: number, fire: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: Date.now,
  timer(delayMs, fire) {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs` of the clock, or at once when the signal aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.timer(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
