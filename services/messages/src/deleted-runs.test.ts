import { expect, test } from 'vitest';
import { decodeRuns, encodeRuns, hasSeq, NO_RUNS, type Runs, withSeq } from './deleted-runs.ts';

const runsOf = (...seqs: number[]): Runs => seqs.reduce<Runs>(withSeq, NO_RUNS);

test('neighbours are one run, whatever the order in which they come', () => {
  expect(runsOf(5, 7, 6)).toEqual([[5, 7]]);
  expect(runsOf(7, 6, 5, 6)).toEqual([[5, 7]]);
  expect(runsOf(9, 1, 3, 2)).toEqual([
    [1, 3],
    [9, 9],
  ]);
});

test('a set of any seqs is what was put into it, encoded and decoded too', () => {
  let state = 7;
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % 60;
  };
  for (let round = 0; round < 50; round++) {
    const seqs = Array.from({ length: 30 }, () => 1 + random());
    const runs = decodeRuns(encodeRuns(runsOf(...seqs)));
    for (let seq = 0; seq <= 62; seq++) expect(hasSeq(runs, seq)).toBe(seqs.includes(seq));
    for (const [index, [first]] of runs.entries())
      expect(first).toBeGreaterThan(index === 0 ? 0 : (runs[index - 1]?.[1] as number) + 1);
  }
});
