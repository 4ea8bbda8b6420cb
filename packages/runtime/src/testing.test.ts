import { describe, expect, it } from 'vitest';
import { isUuid } from './index.ts';
import { ManualClock, seededIds, seededRandom } from './testing.ts';

describe('ManualClock', () => {
  it('fires what is due in the order of time, then of being set', async () => {
    const clock = new ManualClock(1000);
    const fired: [string, number][] = [];
    const note = (name: string) => () => fired.push([name, clock.nowMs()]);
    clock.timer(20, note('late'));
    clock.timer(10, note('first'));
    clock.timer(10, note('second'));
    const cancel = clock.timer(5, note('cancelled'));
    cancel();
    await clock.advance(15);
    expect(fired).toEqual([
      ['first', 1010],
      ['second', 1010],
    ]);
    expect([clock.nowMs(), clock.waiting]).toEqual([1015, 1]);
  });

  it('fires timers that timers set, also behind promises', async () => {
    const clock = new ManualClock(0);
    const at: number[] = [];
    const again = (): void => {
      at.push(clock.nowMs());
      void Promise.resolve()
        .then(() => undefined)
        .then(() => clock.timer(10, again));
    };
    clock.timer(10, again);
    await clock.advance(35);
    expect(at).toEqual([10, 20, 30]);
  });
});

describe('what comes from a seed', () => {
  it('is the same for the same seed, and another for another', () => {
    const draw = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed));
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    const random = seededRandom(3);
    const numbers = Array.from({ length: 10_000 }, random);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    expect(numbers.reduce((sum, n) => sum + n, 0) / numbers.length).toBeCloseTo(0.5, 1);
  });

  it('makes ids that grow and are UUIDv7', () => {
    const make = (seed: number): string[] => {
      const ids = seededIds(seed);
      return Array.from({ length: 100 }, () => ids.v7());
    };
    const ids = make(1);
    expect(ids).toEqual(make(1));
    expect(ids).not.toEqual(make(2));
    expect([...ids].sort()).toEqual(ids);
    expect(ids.every((id) => isUuid(id) && id[14] === '7' && id[19] === '8')).toBe(true);
  });
});
