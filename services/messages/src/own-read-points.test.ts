import { ManualClock } from '@clatter/runtime/testing';
import { describe, expect, it } from 'vitest';
import { OwnReadPoints } from './own-read-points.ts';
import type { ReceiptRow } from './ports.ts';

const point = (userId: string, seq: number): ReceiptRow => ({
  conversationId: 'talk',
  userId,
  deliveredSeq: seq,
  readSeq: seq,
  readMessageNo: seq,
  updatedAtMs: seq,
});

describe('read points that own messages moved', () => {
  it('are written once a moment and person, the highest alone', async () => {
    const clock = new ManualClock();
    const writes: (readonly ReceiptRow[])[] = [];
    const points = new OwnReadPoints(async (rows) => void writes.push(rows), clock);
    const stood = [points.add([point('ada', 1)]), points.add([point('ada', 3), point('bob', 2)]), points.add([])];
    await stood[2];
    expect(writes).toEqual([]);
    await clock.advance(1000);
    await Promise.all(stood);
    expect(writes).toEqual([[point('ada', 3), point('bob', 2)]]);
    const later = points.add([point('ada', 4)]);
    points.flush();
    await later;
    expect(writes[1]).toEqual([point('ada', 4)]);
    await clock.advance(1000);
    expect(writes).toHaveLength(2);
  });

  it('are not taken to stand before they do, nor where they do not', async () => {
    const write = Promise.withResolvers<void>();
    const points = new OwnReadPoints(() => write.promise, new ManualClock());
    let stands = false;
    const added = points.add([point('ada', 1)]).finally(() => {
      stands = true;
    });
    points.flush();
    await Promise.resolve();
    expect(stands).toBe(false);
    write.reject(new Error('given up'));
    await expect(added).rejects.toThrow('given up');
  });

  it('are written one time after the other, and of each person one row waits while the store refuses them', async () => {
    // Each quarter of a second began a write of its own beside those that hung, without a bound.
    const clock = new ManualClock();
    const writes: { rows: readonly ReceiptRow[]; stand: () => void }[] = [];
    const write = (rows: readonly ReceiptRow[]): Promise<void> =>
      new Promise((resolve) => writes.push({ rows, stand: resolve }));
    const points = new OwnReadPoints(write, clock);
    const stood: number[] = [];
    for (let seq = 1; seq <= 20; seq++) {
      points.add([point('ada', seq)]).then(() => stood.push(seq));
      await clock.advance(1000);
    }
    expect(writes.map(({ rows }) => rows)).toEqual([[point('ada', 1)]]);
    writes[0]?.stand();
    await clock.advance(0);
    expect(writes.map(({ rows }) => rows)).toEqual([[point('ada', 1)], [point('ada', 20)]]);
    expect(stood).toEqual([1]);
    writes[1]?.stand();
    await clock.advance(1000);
    expect(stood).toHaveLength(20);
    expect(writes).toHaveLength(2);
  });

  it('are taken no faster than they stand, past a number of them', async () => {
    const clock = new ManualClock();
    const writes: (() => void)[] = [];
    const points = new OwnReadPoints(() => new Promise((resolve) => writes.push(resolve)), clock);
    const many = (name: string): ReceiptRow[] => Array.from({ length: 5001 }, (_, index) => point(name + index, 1));
    points.add(many('a'));
    await points.room();
    points.add(many('b'));
    let hasRoom = false;
    const room = points.room().then(() => {
      hasRoom = true;
    });
    await clock.advance(0);
    expect([writes.length, hasRoom]).toEqual([1, false]);
    writes[0]?.();
    await room;
    expect(writes).toHaveLength(2);
  });
});
