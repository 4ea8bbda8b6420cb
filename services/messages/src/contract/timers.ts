/** What the suite asks of the index of what is due. */
import { randomInt, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TIMER_BUCKET_MS, type TimerPlace, type TimerRow, timerBucketOf } from '../timer-ports.ts';
import { EPOCH, permutations, projected, type StoreUnderTest } from './rows.ts';

/** A slot and a bucket that no other test uses. */
const somewhere = (): { slot: number; bucket: number } => ({ slot: randomInt(256, 2 ** 31 - 1), bucket: 6_000_000 });

export function timersContract(subject: () => StoreUnderTest): void {
  const store = () => subject().store;
  const timer = (of: { slot: number; bucket: number }, rest: Partial<TimerRow> = {}): TimerRow => ({
    slot: of.slot,
    dueAtMs: of.bucket * TIMER_BUCKET_MS + 1000,
    conversationId: randomUUID(),
    seq: 5,
    done: false,
    position: EPOCH + 10,
    ...rest,
  });
  const byPlace = (a: TimerPlace, b: TimerPlace): number =>
    a.dueAtMs - b.dueAtMs ||
    (a.conversationId < b.conversationId ? -1 : a.conversationId > b.conversationId ? 1 : a.seq - b.seq);

  describe('timers', () => {
    it('come by time, conversation and seq, in pages, of one slot and bucket', async () => {
      const of = somewhere();
      const conversationId = randomUUID();
      const startMs = of.bucket * TIMER_BUCKET_MS;
      const rows = [
        timer(of, { dueAtMs: startMs }),
        timer(of, { dueAtMs: startMs + TIMER_BUCKET_MS - 1 }),
        ...[7, 5, 70_000].map((seq) => timer(of, { conversationId, seq })),
        ...Array.from({ length: 6 }, (_, i) => timer(of, { dueAtMs: startMs + (i % 3) * 1000 })),
      ];
      const others = [
        timer({ ...of, bucket: of.bucket + 1 }),
        timer({ ...of, bucket: of.bucket - 1 }),
        timer({ ...of, slot: of.slot + 1 }),
      ];
      await store().write(projected({ timers: [...rows, ...others] }));
      await subject().reopen();
      const expected = rows.toSorted(byPlace);
      expect(await store().readTimers(of, undefined, 100)).toEqual(expected);
      const paged: TimerRow[] = [];
      for (let after: TimerRow | undefined; ; ) {
        const page = await store().readTimers(of, after, 3);
        paged.push(...page);
        after = page.at(-1);
        if (page.length < 3) break;
      }
      expect(paged).toEqual(expected);
      expect(await store().readTimers(somewhere(), undefined, 100)).toEqual([]);
    });

    it('are as the last writer by position left them', async () => {
      for (const order of permutations([0, 1, 2])) {
        const of = somewhere();
        const base = timer(of);
        const versions = [
          base,
          { ...base, done: true, position: EPOCH + 20 },
          { ...base, done: true, position: EPOCH + 30 },
        ];
        for (const index of order) await store().write(projected({ timers: [versions[index] as TimerRow] }));
        expect(await store().readTimers(of, undefined, 10)).toEqual([versions[2]]);
      }
    });

    it('tell of their buckets up to a time, for some slots', async () => {
      const of = somewhere();
      const slots = [of.slot, of.slot + 2];
      const at = (slot: number, bucket: number): TimerRow => timer({ slot, bucket });
      const { bucket } = of;
      await store().write(
        projected({
          timers: [
            at(of.slot, bucket + 1),
            at(of.slot, bucket),
            at(of.slot + 2, bucket),
            at(of.slot + 1, bucket),
            at(of.slot, bucket + 2),
          ],
        }),
      );
      expect(await store().readTimerBuckets(slots, bucket + 1)).toEqual([
        { slot: of.slot, bucket },
        { slot: of.slot + 2, bucket },
        { slot: of.slot, bucket: bucket + 1 },
      ]);
      expect(await store().readTimerBuckets(slots, bucket - 1)).toEqual([]);
    });

    it('are removed by the bucket, as far as they were written at or below a position; replays bring none of them back', async () => {
      const of = somewhere();
      const old = timer(of);
      const done = { ...old, done: true, position: EPOCH + 20 };
      await store().write(projected({ timers: [old] }));
      await store().write(projected({ timers: [done] }));
      await store().removeTimers(of, done.position);
      expect(await store().readTimers(of, undefined, 10)).toEqual([]);
      expect(await store().readTimerBuckets([of.slot], of.bucket)).toEqual([]);
      const later = timer(of, { position: EPOCH + 30 });
      await store().write(projected({ timers: [later] }));
      expect(await store().readTimers(of, undefined, 10)).toEqual([later]);
      expect(await store().readTimerBuckets([of.slot], timerBucketOf(later.dueAtMs))).toEqual([of]);
      await store().removeTimers(of, done.position);
      expect(await store().readTimers(of, undefined, 10)).toEqual([later]);
      expect(await store().readTimerBuckets([of.slot], of.bucket)).toEqual([of]);
    });
  });
}
