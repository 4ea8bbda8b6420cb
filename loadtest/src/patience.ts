/** Waits for a platform that is away for a while, and gives up one that stays away. */
import { ClatterError } from '@clatter/wire';

const AGAIN_MS_MAX = 2000;
const WATCH_MS = 1000;

/** Throws one line that says what to do where nothing answers at the address. */
export async function findPlatform(url: string): Promise<void> {
  try {
    const response = await fetch(`${url}/.well-known/jwks.json`);
    if (response.ok) return;
  } catch {
    // Nothing listens there.
  }
  throw new Error(`there is no platform at ${url}: start one with \`make run\`, or say where it is with --url`);
}

/** Runs it again as long as the platform is away, for so long at most. */
export async function patiently<T>(patienceMs: number, run: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + patienceMs;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof ClatterError) || !['UNAVAILABLE', 'RATE_LIMITED'].includes(error.code)) throw error;
      if (performance.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.min(AGAIN_MS_MAX, 200 + error.retryAfterMs)));
    }
  }
}

/** Rejects when `progressOf` has stood still for so long; otherwise settles as the work does. */
export async function watched<T>(patienceMs: number, progressOf: () => number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const standstill = new Promise<never>((_, reject) => {
    let before = progressOf();
    let sinceMs = performance.now();
    timer = setInterval(() => {
      const now = progressOf();
      if (now !== before) {
        before = now;
        sinceMs = performance.now();
      } else if (performance.now() - sinceMs > patienceMs)
        reject(
          new Error(`nothing was acknowledged for ${Math.round(patienceMs / 1000)} s; the platform is stuck or gone`),
        );
    }, WATCH_MS);
  });
  try {
    return await Promise.race([work, standstill]);
  } finally {
    clearInterval(timer);
  }
}

/** Runs it for each item, so many at a time. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) await run(items[next++] as T);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}
