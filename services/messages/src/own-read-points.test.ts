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
});
