import { expect, it } from 'vitest';
import { MarkWriter } from './cassandra-marks.ts';
import type { Mutation } from './cassandra-mutations.ts';

const markOf = (partition: number, nextOffset: number) => ({ partition, logId: 'log', epoch: 0, nextOffset });
/** Partition and next offset of each mark. */
const marksIn = (mutation: Mutation): string[] => mutation.map(({ params }) => `${params[1]}: ${params[4]}`);

it('marks of one group share a write, which waits for none of another group and fails for none', async () => {
  // One group whose replicas were away had all partitions of its owner wait, and fail, with it.
  const writes: { marks: string[]; stand: () => void; fail: (error: Error) => void }[] = [];
  const writer = new MarkWriter(
    (mutation) =>
      new Promise((stand, fail) => {
        writes.push({ marks: marksIn(mutation), stand, fail });
      }),
  );
  const first = writer.write(markOf(1, 5));
  await Promise.resolve();
  await Promise.resolve();
  const together = [writer.write(markOf(1, 6)), writer.write(markOf(31, 2))];
  const other = writer.write(markOf(32, 9));
  await expect.poll(() => writes.map(({ marks }) => marks)).toEqual([['1: 5'], ['32: 9']]);
  writes[1]?.stand();
  await other;
  writes[0]?.fail(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await expect.poll(() => writes.length).toBe(3);
  expect(writes[2]?.marks).toEqual(['1: 6', '31: 2']);
  writes[2]?.stand();
  await Promise.all(together);
});
