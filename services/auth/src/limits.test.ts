/** Limits in the memory of one process. */
import { loadConfig } from '@clatter/runtime';
import { expect, it, vi } from 'vitest';
import { authConfig } from './config.ts';
import { limitsContract } from './limits.contract.ts';
import { createLimits } from './limits.ts';

limitsContract('memory', async (settings) => {
  const limits = createLimits(loadConfig(authConfig, settings), undefined);
  return { one: limits, other: limits, end: async () => undefined };
});

it('lock-outs grow to a day, and begin anew two days after the first', async () => {
  vi.useFakeTimers();
  try {
    const limits = createLimits(loadConfig(authConfig, {}), undefined);
    const guess = { account: 'alice', address: '10.0.0.1' };
    const hours: number[] = [];
    const lockOut = async (): Promise<void> => {
      while (
        await limits.check(guess).then(
          () => true,
          () => false,
        )
      )
        await limits.begin(guess);
      const refused = await limits.check(guess).catch((error: { retryAfterMs: number }) => error);
      hours.push((refused as { retryAfterMs: number }).retryAfterMs / 3_600_000);
      await vi.advanceTimersByTimeAsync((refused as { retryAfterMs: number }).retryAfterMs + 1000);
    };
    for (let time = 0; time < 8; time++) await lockOut();
    expect(hours.map((hour) => Math.round(hour * 4) / 4)).toEqual([0.25, 0.5, 1, 2, 4, 8, 16, 24]);
    await vi.advanceTimersByTimeAsync(2 * 86_400_000);
    await lockOut();
    expect(hours.at(-1)).toBeCloseTo(0.25);
  } finally {
    vi.useRealTimers();
  }
});
