/** What the code under test wants besides its ports. */
import type { Counter, Logger, Metrics } from '@clatter/runtime';

export const silentCounter: Counter = { add: () => undefined };

export const silentMetrics: Metrics = {
  counter: () => silentCounter,
  gauge: () => undefined,
  histogram: () => ({ record: () => undefined }),
  text: () => Promise.resolve(''),
};

/** A logger that passes warnings and worse on as lines. */
export function lineLogger(take: (line: string) => void): Logger {
  const line =
    (level: string) =>
    (first: unknown, second?: string): void => {
      const error = (first as { err?: Error } | undefined)?.err;
      take(`${level}: ${second ?? String(first)}${error ? ` (${error.message})` : ''}`);
    };
  const quiet = (): void => undefined;
  return {
    fatal: line('fatal'),
    error: line('error'),
    warn: line('warn'),
    info: quiet,
    debug: quiet,
    trace: quiet,
  } as unknown as Logger;
}
