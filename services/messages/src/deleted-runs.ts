/**
 * Which messages of one conversation a person deleted for themselves: runs of neighbouring seqs, ascending, none touching the next. So a
 * person who deletes all of a long conversation keeps one run of it.
 */
import { StoredDeleted } from '@clatter/contracts/messages';

/** The first and the last seq of each. */
export type Runs = readonly (readonly [number, number])[];

export const NO_RUNS: Runs = [];

/** Index of the first run that ends at `seq` or behind it. */
function indexOf(runs: Runs, seq: number): number {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((runs[middle]?.[1] as number) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const hasSeq = (runs: Runs, seq: number): boolean => (runs[indexOf(runs, seq)]?.[0] ?? Number.MAX_VALUE) <= seq;

/** With one seq more; a run that it fills a gap to is one with its neighbour. */
export function withSeq(runs: Runs, seq: number): Runs {
  if (hasSeq(runs, seq)) return runs;
  const at = indexOf(runs, seq);
  const [before, after] = [runs[at - 1], runs[at]];
  const joinsBefore = before?.[1] === seq - 1;
  const joinsAfter = after?.[0] === seq + 1;
  const run = [joinsBefore ? before[0] : seq, joinsAfter ? after[1] : seq] as const;
  return [...runs.slice(0, joinsBefore ? at - 1 : at), run, ...runs.slice(joinsAfter ? at + 1 : at)];
}

export function encodeRuns(runs: Runs): Uint8Array {
  let end = 0;
  const numbers = runs.flatMap(([first, last]) => {
    const run = [first - end, last - first + 1];
    end = last;
    return run;
  });
  return StoredDeleted.encode({ runs: numbers });
}

export function decodeRuns(bytes: Uint8Array): Runs {
  const { runs } = StoredDeleted.decode(bytes);
  const decoded: [number, number][] = [];
  let end = 0;
  for (let i = 0; i + 1 < runs.length; i += 2) {
    const first = end + (runs[i] as number);
    end = first + (runs[i + 1] as number) - 1;
    decoded.push([first, end]);
  }
  return decoded;
}
