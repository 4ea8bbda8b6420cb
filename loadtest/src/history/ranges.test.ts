import { describe, expect, it } from 'vitest';
import { Ranges } from './ranges.ts';

describe('ranges', () => {
  it('are the set that they stand for, in whatever order numbers come', () => {
    let state = 7;
    const random = (below: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    for (let round = 0; round < 60; round++) {
      const ranges = new Ranges();
      const set = new Set<number>();
      for (let i = 0; i < 20; i++) {
        const first = 1 + random(40);
        const last = first + random(4);
        ranges.add(first, last);
        for (let value = first; value <= last; value++) set.add(value);
        for (let value = 0; value < 46; value++) expect(ranges.has(value)).toBe(set.has(value));
        expect(ranges.lowest).toBe(Math.min(...set));
      }
      const [from, to] = [random(20), 20 + random(20)];
      const expected = Array.from({ length: to - from + 1 }, (_, i) => from + i).find((value) => !set.has(value));
      expect(ranges.missing(from, to)).toBe(expected);
    }
  });

  it('tell the first number that another set does not have', () => {
    const [own, other] = [new Ranges(), new Ranges()];
    own.add(3, 9);
    other.add(1, 6);
    expect(own.beyond(other)).toBe(7);
    other.add(7, 20);
    expect(own.beyond(other)).toBeUndefined();
  });
});
