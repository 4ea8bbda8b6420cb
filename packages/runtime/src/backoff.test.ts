import { describe, expect, it } from 'vitest';
import { backoff } from './index.ts';
import { seededRandom } from './testing.ts';

const bounds = { baseMs: 100, maxMs: 5000 };

describe('backoff', () => {
  it('doubles its ceiling until the bound, and draws from a quarter of it on', () => {
    expect([0, 1, 2, 5, 6, 1000].map((tries) => backoff(tries, bounds, () => 1))).toEqual([
      100, 200, 400, 3200, 5000, 5000,
    ]);
    expect([0, 1, 6].map((tries) => backoff(tries, bounds, () => 0))).toEqual([25, 50, 1250]);
  });

  it('is never 0: a retry that comes at once is a busy loop', () => {
    expect(backoff(0, { baseMs: 1, maxMs: 10 }, () => 0)).toBe(1);
  });

  it('spreads those who failed together', () => {
    const random = seededRandom(1);
    const waits = new Set(Array.from({ length: 100 }, () => backoff(10, bounds, random)));
    expect(waits.size).toBeGreaterThan(90);
  });
});
