/** What the suite asks of a conversation's log in a store. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BUCKET_SEQS, type LogRow } from '../ports.ts';
import {
  bytes,
  EPOCH,
  logBatch,
  logRow,
  mutation,
  permutations,
  plain,
  projected,
  type StoreUnderTest,
} from './rows.ts';

const rowsOf = (fromSeq: number, toSeq: number): LogRow[] =>
  Array.from({ length: toSeq - fromSeq + 1 }, (_, i) => logRow(fromSeq + i));
const seqs = (rows: readonly LogRow[]): number[] => rows.map(({ seq }) => seq);

export function logContract(subject: () => StoreUnderTest): void {
  const store = () => subject().store;

  describe('rows', () => {
    it('come back as they were written, also after a restart', async () => {
      const id = randomUUID();
      const rows = [
        logRow(1, { event: bytes('') }),
        logRow(2, { event: new Uint8Array(100_000).map((_, i) => i), messageNo: 1 }),
        logRow(3, { position: 31 * EPOCH + 2 ** 48 - 1, sentAtMs: 1 }),
      ];
      await store().write(logBatch(mutation(id, rows)));
      for (let round = 0; round < 2; round++) {
        for (const row of rows) expect(plain(await store().readRow(id, row.seq))).toEqual(plain(row));
        expect((await store().readRows(id, 1, 9, 9, false)).map(plain)).toEqual(rows.map(plain));
        expect((await store().readTail(id, 0, 9)).map(plain)).toEqual(rows.map(plain).reverse());
        await subject().reopen();
      }
    });

    it('are nowhere in a conversation that is not there', async () => {
      const id = randomUUID();
      expect(await store().latestBucket(id)).toBe(-1);
      expect(await store().readTail(id, 0, 10)).toEqual([]);
      expect(await store().readRow(id, 1)).toBeUndefined();
      expect(await store().readRows(id, 1, 10, 10, false)).toEqual([]);
      expect(await store().findCommand(id, randomUUID(), randomUUID(), 0)).toBeUndefined();
      expect(await store().readHeads([id])).toEqual([undefined]);
    });

    it('of one conversation are no other’s', async () => {
      const [a, b] = [randomUUID(), randomUUID()];
      await store().write(logBatch(mutation(a, rowsOf(1, 3)), mutation(b, rowsOf(1, 5))));
      expect(seqs(await store().readTail(a, 0, 10))).toEqual([3, 2, 1]);
      expect(seqs(await store().readRows(b, 1, 100, 100, false))).toEqual([1, 2, 3, 4, 5]);
    });

    it('are read as pages from either end, over buckets', async () => {
      const id = randomUUID();
      const edge = BUCKET_SEQS;
      await store().write(logBatch(mutation(id, rowsOf(1, 10))));
      await store().write(logBatch(mutation(id, rowsOf(edge - 5, edge))));
      await store().write(logBatch(mutation(id, rowsOf(edge + 1, edge + 5))));
      const read = async (from: number, to: number, limit: number, end: boolean): Promise<number[]> =>
        seqs(await store().readRows(id, from, to, limit, end));
      expect(await read(3, 8, 4, false)).toEqual([3, 4, 5, 6]);
      expect(await read(3, 8, 4, true)).toEqual([5, 6, 7, 8]);
      expect(await read(edge - 1, edge + 2, 10, false)).toEqual([edge - 1, edge, edge + 1, edge + 2]);
      expect(await read(edge - 1, edge + 2, 3, true)).toEqual([edge, edge + 1, edge + 2]);
      expect(await read(1, Number.MAX_SAFE_INTEGER, 2, true)).toEqual([edge + 4, edge + 5]);
      expect(await read(8, 3, 10, false)).toEqual([]);
      expect(await read(edge + 6, edge + 100, 10, true)).toEqual([]);
    });

    it('are read as a bucket’s tail, newest first', async () => {
      const id = randomUUID();
      const edge = BUCKET_SEQS;
      await store().write(logBatch(mutation(id, rowsOf(edge - 9, edge), { raisesBucket: true })));
      await store().write(logBatch(mutation(id, rowsOf(edge + 1, edge + 3))));
      expect(seqs(await store().readTail(id, 0, 3))).toEqual([edge, edge - 1, edge - 2]);
      expect(seqs(await store().readTail(id, 1, 100))).toEqual([edge + 3, edge + 2, edge + 1]);
      expect(await store().readTail(id, 2, 100)).toEqual([]);
    });

    it('are the same however often they are read, and in whatever order', async () => {
      // Bug: a tail that was kept in memory was turned around in place, so that every second owner found the newest row alone, took what came
      // before for no event, and said nothing to whoever had sent it.
      const id = randomUUID();
      await store().write(
        logBatch(
          mutation(
            id,
            [1, 2, 3].map((seq) => logRow(seq)),
          ),
        ),
      );
      for (let round = 0; round < 3; round++) {
        expect(seqs(await store().readTail(id, 0, 64))).toEqual([3, 2, 1]);
        expect(seqs(await store().readRows(id, 1, 9, 64, true))).toEqual([1, 2, 3]);
      }
    });

    it('may be a whole bucket in one batch', async () => {
      const id = randomUUID();
      await store().write(logBatch(mutation(id, rowsOf(1, BUCKET_SEQS))));
      const tail = await store().readTail(id, 0, BUCKET_SEQS);
      expect(seqs(tail)).toEqual(Array.from({ length: BUCKET_SEQS }, (_, i) => BUCKET_SEQS - i));
    });

    it('of a batch are seen all or none, and with them their head', async () => {
      const id = randomUUID();
      let writing = true;
      const write = async (): Promise<void> => {
        for (let seq = 1; seq <= 1000; seq += 50) await store().write(logBatch(mutation(id, rowsOf(seq, seq + 49))));
      };
      const writer = write().finally(() => {
        writing = false;
      });
      while (writing) {
        const tail = await store().readTail(id, 0, BUCKET_SEQS);
        expect(tail.length % 50).toBe(0);
        const [head] = await store().readHeads([id]);
        expect((head?.seq ?? 0) % 50).toBe(0);
      }
      await writer;
    });
  });

  describe('the last writer of a row', () => {
    it('is the one of the highest position, and may come again', async () => {
      const id = randomUUID();
      const first = logRow(1, { position: EPOCH + 100 });
      const others = [first, logRow(1, { position: EPOCH + 99 }), logRow(1, { position: 5 })];
      await store().write(logBatch(mutation(id, [first])));
      for (const other of others) await store().write(logBatch(mutation(id, [other])));
      expect(plain(await store().readRow(id, 1))).toEqual(plain(first));
      const winner = logRow(1, { position: EPOCH + 101, messageNo: 0, sentAtMs: 7 });
      await store().write(logBatch(mutation(id, [winner])));
      expect(plain(await store().readRow(id, 1))).toEqual(plain(winner));
      expect(plain(await store().findCommand(id, winner.senderId, winner.commandId, 0))).toEqual(plain(winner));
      const later = logRow(1, { position: 2 * EPOCH });
      await store().write(logBatch(mutation(id, [later])));
      await store().write(logBatch(mutation(id, [winner])));
      expect(plain(await store().readRow(id, 1))).toEqual(plain(later));
    });

    it('leaves later versions of its event alone, in whatever order writes and replays come', async () => {
      const row = logRow(1, { position: EPOCH + 10 });
      const rewrite = (offset: number) => ({
        seq: 1,
        event: bytes(`version of ${offset}`),
        eventPosition: EPOCH + offset,
      });
      for (const order of permutations([20, 30, 40])) {
        const id = randomUUID();
        await store().write(logBatch(mutation(id, [row])));
        for (const offset of order) {
          // By the same bucket's mutation, by a projection, and again with the row itself, as a replay does.
          const next = logRow(2, { position: EPOCH + offset });
          if (offset === 20) await store().write(logBatch(mutation(id, [next], { rewrites: [rewrite(offset)] })));
          else await store().write(projected({ rewrites: [{ conversationId: id, ...rewrite(offset) }] }));
          await store().write(logBatch(mutation(id, [row])));
        }
        expect(plain(await store().readRow(id, 1))).toEqual(plain({ ...row, ...rewrite(40) }));
        await store().write(projected({ rewrites: [{ conversationId: id, ...rewrite(40) }] }));
        expect(plain(await store().readRow(id, 1))).toEqual(plain({ ...row, ...rewrite(40) }));
      }
    });

    it('may write a row and its newer version in one batch', async () => {
      const id = randomUUID();
      const rows = [logRow(1), logRow(2)];
      const rewrite = { seq: 1, event: bytes('edited'), eventPosition: (rows[1] as LogRow).position };
      await store().write(logBatch(mutation(id, rows, { rewrites: [rewrite] })));
      expect(plain(await store().readRow(id, 1))).toEqual(plain({ ...(rows[0] as LogRow), ...rewrite }));
    });

    it('writes the same batch again without a change', async () => {
      const id = randomUUID();
      const batch = logBatch(mutation(id, rowsOf(1, 20)));
      for (let round = 0; round < 3; round++) await store().write(batch);
      expect((await store().readRows(id, 1, 100, 100, false)).map(plain)).toEqual(batch.logs[0]?.rows.map(plain));
    });
  });

  describe('a command', () => {
    it('is found by its sender and id in the buckets that were asked for', async () => {
      const id = randomUUID();
      const [early, late] = [logRow(3), logRow(BUCKET_SEQS + 2)];
      await store().write(logBatch(mutation(id, [logRow(1), logRow(2), early, logRow(4)])));
      await store().write(logBatch(mutation(id, [logRow(BUCKET_SEQS + 1), late])));
      const find = (row: LogRow, fromBucket: number, sender = row.senderId): Promise<LogRow | undefined> =>
        store().findCommand(id, sender, row.commandId, fromBucket);
      expect(plain(await find(early, 0))).toEqual(plain(early));
      expect(plain(await find(late, 0))).toEqual(plain(late));
      expect(plain(await find(late, 1))).toEqual(plain(late));
      expect(await find(early, 1)).toBeUndefined();
      expect(await find(late, 2)).toBeUndefined();
      expect(await find(early, 0, late.senderId)).toBeUndefined();
      expect(await store().findCommand(randomUUID(), early.senderId, early.commandId, 0)).toBeUndefined();
    });

    it('that made two rows is the one of the lower position', async () => {
      const id = randomUUID();
      const twin = { senderId: randomUUID(), commandId: randomUUID() };
      const rows = [
        logRow(1, { ...twin, position: EPOCH + 9 }),
        logRow(2, { ...twin, position: EPOCH + 8 }),
        logRow(3),
      ];
      await store().write(logBatch(mutation(id, rows)));
      expect((await store().findCommand(id, twin.senderId, twin.commandId, 0))?.seq).toBe(2);
    });

    it('is found when its event was blanked since', async () => {
      const id = randomUUID();
      const row = logRow(1);
      await store().write(logBatch(mutation(id, [row])));
      const blank = { seq: 1, event: bytes(''), eventPosition: row.position + 1 };
      await store().write(projected({ rewrites: [{ conversationId: id, ...blank }] }));
      expect(plain(await store().findCommand(id, row.senderId, row.commandId, 0))).toEqual(plain({ ...row, ...blank }));
    });
  });

  describe('heads and buckets', () => {
    it('follow the newest row, in the order asked', async () => {
      const [a, b, none] = [randomUUID(), randomUUID(), randomUUID()];
      const rows = rowsOf(1, 4);
      await store().write(logBatch(mutation(a, rows.slice(0, 2)), mutation(b, [logRow(1)])));
      await store().write(logBatch(mutation(a, rows.slice(2))));
      // A paused owner writes its last batch again.
      await store().write(logBatch(mutation(a, rows.slice(0, 2))));
      const [{ seq, messageNo, position, sentAtMs }] = rows.slice(-1) as [LogRow];
      const heads = await store().readHeads([b, none, a, a]);
      expect(heads.map((head) => head?.seq)).toEqual([1, undefined, 4, 4]);
      expect(heads[2]).toEqual({ seq, messageNo, position, sentAtMs });
      expect(await store().readHeads([])).toEqual([]);
    });

    it('only rise', async () => {
      const id = randomUUID();
      await store().write(logBatch(mutation(id, [logRow(1)])));
      expect(await store().latestBucket(id)).toBe(0);
      await store().write(logBatch(mutation(id, [logRow(BUCKET_SEQS + 1)])));
      expect(await store().latestBucket(id)).toBe(1);
      await store().write(logBatch(mutation(id, [logRow(1)])));
      expect(await store().latestBucket(id)).toBe(1);
      await subject().reopen();
      expect(await store().latestBucket(id)).toBe(1);
      expect((await store().readHeads([id]))[0]?.seq).toBe(BUCKET_SEQS + 1);
    });
  });
}
