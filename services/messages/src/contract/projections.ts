/** What the suite asks of what follows from the log in a store: conversations, members, inboxes, receipts, marks. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { InboxRow, PartitionMark, ReceiptRow } from '../ports.ts';
import {
  conversationRow,
  EPOCH,
  inboxRow,
  logBatch,
  logRow,
  memberRow,
  mutation,
  NOBODY,
  permutations,
  projected,
  receiptRow,
  type StoreUnderTest,
  somePartition,
} from './rows.ts';

const ids = (count: number): string[] => Array.from({ length: count }, () => randomUUID()).sort();

export function projectionsContract(subject: () => StoreUnderTest): void {
  const store = () => subject().store;

  describe('conversations', () => {
    it('come back in the order asked, as the last writer by position left them', async () => {
      const [a, b] = [conversationRow(), conversationRow({ kind: 'direct', title: '', position: 0 })];
      await store().write(projected({ conversations: [a, b] }));
      for (const late of [a, { ...a, title: 'late', position: a.position - 1 }])
        await store().write(projected({ conversations: [late] }));
      expect(await store().readConversations([b.conversationId, randomUUID(), a.conversationId])).toEqual([
        b,
        undefined,
        a,
      ]);
      const details = new Uint8Array(0);
      const next = {
        ...a,
        title: 'next',
        description: 'd',
        memberCount: 4,
        bumpedAtMs: 1,
        details,
        position: 2 * EPOCH,
      };
      await store().write(projected({ conversations: [next] }));
      await subject().reopen();
      expect(await store().readConversations([a.conversationId])).toEqual([next]);
    });
  });

  describe('members', () => {
    it('come in pages by user id, former ones too', async () => {
      const conversationId = randomUUID();
      const users = ids(25);
      const rows = users.map((userId, i) =>
        memberRow({ conversationId, userId, ...(i % 3 === 0 && { role: 'none' as const, removedSeq: 9 }) }),
      );
      await store().write(projected({ members: rows.toReversed() }));
      const read: string[] = [];
      for (let after = ''; ; ) {
        const page = await store().readMembers(conversationId, after, 10);
        read.push(...page.map(({ userId }) => userId));
        if (page.length < 10) break;
        after = page.at(-1)?.userId as string;
      }
      expect(read).toEqual(users);
      const { conversationId: _, ...first } = rows[0] as (typeof rows)[0];
      expect(await store().readMember(conversationId, first.userId)).toEqual(first);
      expect(await store().readMember(conversationId, randomUUID())).toBeUndefined();
      expect(await store().readMembers(randomUUID(), '', 10)).toEqual([]);
    });

    it('are as the last writer by position left them', async () => {
      const conversationId = randomUUID();
      const base = memberRow({ conversationId });
      const versions = [
        base,
        { ...base, role: 'none' as const, removedSeq: 5, banned: true, mentionSeqs: [], position: base.position + 1 },
        {
          ...base,
          role: 'admin' as const,
          joinedSeq: 7,
          visibleFromSeq: 2,
          mentionSeqs: [9, 2 ** 40],
          position: base.position + 2,
        },
      ];
      for (const order of permutations(versions)) {
        const userId = randomUUID();
        for (const version of order) await store().write(projected({ members: [{ ...version, userId }] }));
        const { conversationId: _, ...last } = { ...(versions[2] as typeof base), userId };
        expect(await store().readMember(conversationId, userId)).toEqual(last);
      }
    });
  });

  describe('a channel', () => {
    const channelOf = async (count: number) => {
      const row = conversationRow({ kind: 'channel', memberCount: count });
      const { conversationId } = row;
      const users = ids(count);
      const members = users.map((userId) => ({ ...memberRow({ conversationId, userId }), channel: true }));
      await store().write(projected({ conversations: [row], members }));
      return { conversationId, users, members };
    };

    it('has its members each once in pages of any size, and by name', async () => {
      const { conversationId, users, members } = await channelOf(300);
      for (const size of [1000, 300, 37]) {
        const read: string[] = [];
        for (let after = ''; ; ) {
          const page = await store().readMembers(conversationId, after, size);
          read.push(...page.map(({ userId }) => userId));
          if (page.length < size) break;
          after = page.at(-1)?.userId as string;
        }
        expect(read.toSorted()).toEqual(users);
      }
      const stranger = randomUUID();
      const asked = [users[7] as string, stranger, users[3] as string];
      const found = await store().readChannelMembers(conversationId, asked);
      expect(found.map((member) => member?.userId)).toEqual([users[7], undefined, users[3]]);
      const { conversationId: _, channel: __, ...first } = members[7] as (typeof members)[0];
      expect(found[0]).toEqual(first);
      expect(await store().readMember(conversationId, users[7] as string)).toEqual(first);
      expect(await store().readMember(conversationId, stranger)).toBeUndefined();
      expect((await store().readChannelMembers(conversationId, users)).filter((member) => member)).toHaveLength(300);
    });

    it('has its members as the last writer by position left them', async () => {
      const conversationId = randomUUID();
      const base = { ...memberRow({ conversationId }), channel: true };
      const versions = [
        base,
        { ...base, role: 'none' as const, removedSeq: 5, position: base.position + 1 },
        { ...base, joinedSeq: 7, visibleFromSeq: 7, position: base.position + 2 },
      ];
      for (const order of permutations(versions)) {
        const userId = randomUUID();
        for (const version of order) await store().write(projected({ members: [{ ...version, userId }] }));
        const [member] = await store().readChannelMembers(conversationId, [userId]);
        expect(member).toMatchObject({ userId, role: 'member', joinedSeq: 7 });
      }
    });

    it('is among the channels of a person, as their inbox has it, and other conversations are not', async () => {
      const userId = randomUUID();
      const rows = ids(5).map((conversationId) => inboxRow({ userId, conversationId, kind: 'channel', peerId: '' }));
      const group = inboxRow({ userId, kind: 'group', peerId: '' });
      await store().write(projected({ inbox: [...rows, group] }));
      const [gone] = rows as [InboxRow];
      const left = { ...gone, removedSeq: 9, position: gone.position + 1, storedAtMs: gone.storedAtMs + 1 };
      await store().write(projected({ inbox: [left] }));
      await store().write(projected({ inbox: [gone] }));
      await subject().reopen();
      const channels = [...(await store().readChannels(userId))];
      const byId = (a: InboxRow, b: InboxRow): number => (a.conversationId < b.conversationId ? -1 : 1);
      expect(channels.sort(byId)).toEqual([left, ...rows.slice(1)]);
      expect(await store().readInboxRow(userId, gone.conversationId)).toEqual(left);
      expect(await store().readInbox(userId, undefined, 10)).toHaveLength(6);
      expect(await store().readChannels(randomUUID())).toEqual([]);
    });

    it('has a read point of each person, a maximum', async () => {
      const { conversationId, users } = await channelOf(2);
      const [userId, other] = users as [string, string];
      const row = (readSeq: number): ReceiptRow => ({
        ...receiptRow({ conversationId, userId, deliveredSeq: readSeq, readSeq, readMessageNo: readSeq }),
        channel: true,
      });
      for (const seq of [4, 9, 7]) await store().writeReceipts([row(seq)]);
      const [read, none] = [
        ...(await store().readReceipts(userId, [conversationId])),
        ...(await store().readReceipts(other, [conversationId])),
      ];
      expect(read).toMatchObject({ userId, readSeq: 9, readMessageNo: 9 });
      expect(none).toBeUndefined();
    });
  });

  describe('an inbox', () => {
    const read = (userId: string, below?: InboxRow, limit = 100): Promise<readonly InboxRow[]> =>
      store().readInbox(userId, below, limit);

    it('is read by the time of the last change and the id, downwards, in pages', async () => {
      const userId = randomUUID();
      const rows = ids(20).map((conversationId, i) =>
        inboxRow({ userId, conversationId, changedAtMs: 1_800_000_000_000 + Math.floor(i / 4) * 1000 }),
      );
      const other = inboxRow({ userId: randomUUID() });
      await store().write(projected({ inbox: [...rows.slice(10), other, ...rows.slice(0, 10)] }));
      const expected = rows.toReversed();
      expect(await read(userId)).toEqual(expected);
      const paged: InboxRow[] = [];
      for (let below: InboxRow | undefined; ; ) {
        const page = await read(userId, below, 3);
        paged.push(...page);
        below = page.at(-1);
        if (page.length < 3) break;
      }
      expect(paged).toEqual(expected);
      expect(await read(other.userId)).toEqual([other]);
      expect(await read(randomUUID())).toEqual([]);
    });

    it('has each conversation once, where its last change put it', async () => {
      const userId = randomUUID();
      const [a, b] = [inboxRow({ userId, changedAtMs: 1000 }), inboxRow({ userId, changedAtMs: 2000 })];
      await store().write(projected({ inbox: [a, b] }));
      const bumped = {
        ...a,
        changedAtMs: 3000,
        joinedSeq: 8,
        visibleFromSeq: 3,
        removedSeq: 9,
        position: a.position + 1,
      };
      await store().write(projected({ inbox: [bumped] }));
      for (const late of [bumped, { ...a, changedAtMs: 4000 }]) await store().write(projected({ inbox: [late] }));
      expect(await read(userId)).toEqual([bumped, b]);
      await subject().reopen();
      expect(await read(userId)).toEqual([bumped, b]);
      expect(await store().readInboxRow(userId, a.conversationId)).toEqual(bumped);
      expect(await store().readInboxRow(randomUUID(), a.conversationId)).toBeUndefined();
    });
  });

  describe('the time at which an inbox row was stored', () => {
    it('is a maximum, whatever the position of the rest', async () => {
      const base = inboxRow({ userId: '', storedAtMs: 100 });
      const versions = [
        base,
        { ...base, storedAtMs: 300 },
        { ...base, changedAtMs: 5000, position: base.position - 1, storedAtMs: 400 },
        { ...base, changedAtMs: 6000, removedSeq: 7, position: base.position + 1, storedAtMs: 200 },
      ];
      for (const order of permutations(versions)) {
        const userId = randomUUID();
        for (const version of order) await store().write(projected({ inbox: [{ ...version, userId }] }));
        const expected = { ...base, userId, changedAtMs: 6000, removedSeq: 7, position: base.position + 1 };
        expect(await store().readInboxRow(userId, base.conversationId)).toEqual({ ...expected, storedAtMs: 400 });
        expect(await store().readInbox(userId, undefined, 10)).toEqual([{ ...expected, storedAtMs: 400 }]);
      }
    });

    it('finds the rows that were stored since, in pages by conversation id', async () => {
      const userId = randomUUID();
      const rows = ids(12).map((conversationId, i) =>
        inboxRow({ userId, conversationId, changedAtMs: 1_000_000 - i, storedAtMs: 5000 + (i % 3) }),
      );
      await store().write(projected({ inbox: [...rows.toReversed(), inboxRow({ userId: randomUUID() })] }));
      const since = rows.filter(({ storedAtMs }) => storedAtMs >= 5001);
      expect(await store().readInboxStored(userId, 5001, '', 100)).toEqual(since);
      const third = since[2] as InboxRow;
      expect(await store().readInboxStored(userId, 5001, third.conversationId, 4)).toEqual(since.slice(3, 7));
      expect(await store().readInboxStored(userId, 5003, '', 100)).toEqual([]);
      // Stored again, by an owner that changes nothing else.
      const again = { ...(rows[0] as InboxRow), storedAtMs: 6000 };
      await store().write(projected({ inbox: [again] }));
      await subject().reopen();
      expect(await store().readInboxStored(userId, 5003, '', 100)).toEqual([again]);
    });
  });

  describe('receipts', () => {
    const one = async ({ userId, conversationId }: ReceiptRow): Promise<ReceiptRow | undefined> =>
      (await store().readReceipts(userId, [conversationId]))[0];

    it('are maxima, cell by cell, in whatever order they come', async () => {
      const versions = [
        { deliveredSeq: 9, readSeq: 0, readMessageNo: 0, updatedAtMs: 30 },
        { deliveredSeq: 3, readSeq: 3, readMessageNo: 2, updatedAtMs: 20 },
        { deliveredSeq: 5, readSeq: 5, readMessageNo: 4, updatedAtMs: 10 },
      ];
      for (const order of permutations(versions)) {
        const row = receiptRow();
        for (const [i, version] of order.entries()) {
          const receipts = [{ ...row, ...version }];
          await (i % 2 === 0 ? store().writeReceipts(receipts) : store().write(projected({ receipts })));
        }
        expect(await one(row)).toEqual({ ...row, deliveredSeq: 9, readSeq: 5, readMessageNo: 4, updatedAtMs: 30 });
      }
    });

    it('are read of one person in many conversations, and of all members of one', async () => {
      const [conversationId, userId] = [randomUUID(), randomUUID()];
      const mine = [receiptRow({ userId, conversationId }), receiptRow({ userId, readSeq: 2 })];
      const others = ids(10).map((other) => receiptRow({ conversationId, userId: other }));
      await store().writeReceipts([...mine, ...others]);
      const asked = [mine[1], receiptRow(), mine[0]].map((row) => (row as ReceiptRow).conversationId);
      expect(await store().readReceipts(userId, asked)).toEqual([mine[1], undefined, mine[0]]);
      const byUser = (rows: readonly ReceiptRow[]): ReceiptRow[] =>
        rows.toSorted((a, b) => (a.userId < b.userId ? -1 : 1));
      expect(byUser(await store().readConversationReceipts(conversationId))).toEqual(
        byUser([mine[0] as ReceiptRow, ...others]),
      );
      expect(await store().readConversationReceipts(randomUUID())).toEqual([]);
      await store().writeReceipts([]);
    });

    it('are read of some people in one conversation, in the order asked', async () => {
      const conversationId = randomUUID();
      const people = ids(250);
      const rows = people.map((userId) => receiptRow({ conversationId, userId }));
      await store().writeReceipts([...rows, receiptRow({ userId: people[0] as string })]);
      const asked = [people[249], randomUUID(), ...people.slice(0, 200)] as string[];
      expect(await store().readMemberReceipts(conversationId, asked)).toEqual([
        rows[249],
        undefined,
        ...rows.slice(0, 200),
      ]);
      expect(await store().readMemberReceipts(conversationId, [])).toEqual([]);
      expect(await store().readMemberReceipts(randomUUID(), [people[0] as string])).toEqual([undefined]);
    });

    it('of one conversation are at most 500', async () => {
      const conversationId = randomUUID();
      await store().writeReceipts(ids(520).map((userId) => receiptRow({ conversationId, userId })));
      expect(await store().readConversationReceipts(conversationId)).toHaveLength(500);
    });
  });

  describe('a mark', () => {
    it('only rises, by epoch and then by offset', async () => {
      const marks: Omit<PartitionMark, 'partition'>[] = [
        { logId: 'a', epoch: 1, nextOffset: 100 },
        { logId: 'a', epoch: 1, nextOffset: 101 },
        { logId: 'b', epoch: 2, nextOffset: 0 },
      ];
      for (const order of permutations(marks)) {
        const partition = somePartition();
        expect(await store().readMark(partition)).toBeUndefined();
        for (const mark of order) await store().write({ logs: [], projections: NOBODY, mark: { partition, ...mark } });
        expect(await store().readMark(partition)).toEqual({ partition, ...marks[2] });
      }
    });

    it('stands with the batch that it came with, and stays', async () => {
      const partition = somePartition();
      const conversationId = randomUUID();
      const mark = { partition, logId: randomUUID(), epoch: 0, nextOffset: 2 ** 48 - 1 };
      await store().write({ ...logBatch(mutation(conversationId, [logRow(1)])), mark });
      await subject().reopen();
      expect(await store().readMark(partition)).toEqual(mark);
      expect((await store().readRow(conversationId, 1))?.seq).toBe(1);
    });
  });
}
