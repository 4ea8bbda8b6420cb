/** What the suite asks of a stay that ends: nobody reads beyond it, at no moment of the write that ends it. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { MemberRow } from '../ports.ts';
import { logBatch, logRow, memberRow, mutation, NOBODY, projected, type StoreUnderTest } from './rows.ts';

export function leavingContract(subject: () => StoreUnderTest): void {
  const store = () => subject().store;

  describe('a stay that ends', () => {
    it('makes nobody a member by itself', async () => {
      const [conversationId, userId] = [randomUUID(), randomUUID()];
      const leaving = { conversationId, userId, seq: 2, position: logRow(2).position };
      await store().write({ leavings: [leaving], logs: [], projections: NOBODY });
      const [one, all] = [
        await store().readMember(conversationId, userId),
        await store().readMembers(conversationId, '', 9),
      ];
      for (const row of [one, ...all])
        if (row) expect(row).toMatchObject({ role: 'none', joinedSeq: 0, banned: false });
    });

    it('is seen to end by whoever has read what comes after', async () => {
      for (let round = 0; round < 20; round++) {
        const conversationId = randomUUID();
        const row = memberRow({ conversationId });
        const { conversationId: _, ...member } = row;
        const { userId } = member;
        const [first, removal, after] = [logRow(1), logRow(2), logRow(3)];
        await store().write(logBatch(mutation(conversationId, [first])));
        await store().write(projected({ members: [row] }));
        const ended: MemberRow = { ...member, role: 'none', removedSeq: 2, position: removal.position };
        const leaving = { conversationId, userId, seq: 2, position: removal.position };
        let isWriting = true;
        const writing = store()
          .write({
            leavings: [leaving],
            logs: [mutation(conversationId, [removal, after])],
            projections: { ...NOBODY, members: [{ conversationId, ...ended }] },
          })
          .finally(() => {
            isWriting = false;
          });
        while (isWriting) {
          const rows = await store().readRows(conversationId, 3, 9, 9, false);
          const seen = await store().readMember(conversationId, userId);
          if (rows.length === 0) continue;
          expect(seen?.role === 'none' || seen?.leavingSeq === 2).toBe(true);
        }
        await writing;
        expect(await store().readMember(conversationId, userId)).toEqual(ended);
        // Who comes back is in a stay that has no end yet.
        const back = { ...member, joinedSeq: 4, visibleFromSeq: 4, position: after.position + 1 };
        await store().write(projected({ members: [{ conversationId, ...back }] }));
        expect(await store().readMember(conversationId, userId)).toEqual(back);
      }
    });
  });
}
