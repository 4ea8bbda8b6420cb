/** The promises of a store about people's own logs. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { OwnRow } from '../ports.ts';
import { bytes, EPOCH, inboxRow, permutations, projected, type StoreUnderTest } from './rows.ts';

const ownRow = (rest: Partial<OwnRow> = {}): OwnRow => ({
  userId: randomUUID(),
  conversationId: randomUUID(),
  flags: bytes('flags'),
  position: EPOCH + 5,
  storedAtMs: 1_800_000_000_700,
  ...rest,
});

export function ownContract(subject: () => StoreUnderTest): void {
  const store = () => subject().store;
  const text = (value: Uint8Array | undefined): string | undefined => value && Buffer.from(value).toString();

  describe("a person's own log", () => {
    it('writes cells of their own, each as its last writer by position left it', async () => {
      const key = { userId: randomUUID(), conversationId: randomUUID() };
      const versions = [
        ownRow({ ...key, flags: bytes('1'), draft: { bytes: bytes('draft 1'), position: EPOCH + 5 } }),
        ownRow({ ...key, flags: bytes('2'), position: EPOCH + 6 }),
        ownRow({
          ...key,
          flags: bytes('3'),
          position: EPOCH + 9,
          draft: { bytes: bytes(''), position: EPOCH + 7 },
          deleted: { bytes: bytes('deleted'), position: EPOCH + 9 },
        }),
      ];
      for (const order of permutations(versions)) {
        const userId = randomUUID();
        for (const row of order) await store().write(projected({ own: [{ ...row, userId }] }));
        const [flags] = await store().readOwnFlags(userId);
        expect(text(flags?.flags)).toBe('3');
        expect(text(flags?.deleted)).toBe('deleted');
        expect(flags).toMatchObject({ ...{ position: EPOCH + 9, deletedPosition: EPOCH + 9 } });
        const [missing, own] = await store().readOwn(userId, [randomUUID(), key.conversationId]);
        expect(missing).toBeUndefined();
        expect(text(own?.draft)).toBe('');
        expect(text(own?.deleted)).toBe('deleted');
      }
    });

    it('shares rows with the inbox and no cell but the time of storing, in whatever order both write', async () => {
      for (const ownFirst of [true, false]) {
        const inbox = inboxRow({ userId: randomUUID(), position: EPOCH + 100, storedAtMs: 1000 });
        const { userId, conversationId } = inbox;
        // Positions of the two logs do not compare.
        const own = ownRow({ userId, conversationId, position: 3, storedAtMs: 2000 });
        const writes = [{ inbox: [inbox] }, { own: [own] }];
        for (const write of ownFirst ? writes.toReversed() : writes) await store().write(projected(write));
        await store().write(projected({ inbox: [{ ...inbox, storedAtMs: 2000 }] }));
        await subject().reopen();
        const row = await store().readInboxRow(userId, conversationId);
        expect({ ...row, flags: text(row?.flags) }).toEqual({ ...inbox, storedAtMs: 2000, flags: 'flags' });
        for (const rows of [
          await store().readInbox(userId, undefined, 10),
          await store().readInboxStored(userId, 2000, '', 10),
        ])
          expect(rows.map(({ flags }) => text(flags))).toEqual(['flags']);
      }
    });

    // The own log does not know what is a channel; lists of channels once read a table that it never wrote.
    it('is with a channel wherever that is listed, in whatever order both write', async () => {
      for (const ownFirst of [true, false]) {
        const channel = inboxRow({ userId: randomUUID(), kind: 'channel', peerId: '', storedAtMs: 1000 });
        const { userId, conversationId } = channel;
        const own = ownRow({ userId, conversationId, position: 3, storedAtMs: 2000 });
        const writes = [{ inbox: [channel] }, { own: [own] }];
        for (const write of ownFirst ? writes.toReversed() : writes) await store().write(projected(write));
        const group = ownRow({ userId });
        await store().write(projected({ inbox: [inboxRow({ ...group, kind: 'group' })], own: [group] }));
        for (const rows of [
          await store().readChannels(userId),
          (await store().readInboxStored(userId, 1000, '', 10)).filter(({ kind }) => kind === 'channel'),
        ])
          expect(rows.map((row) => [row.conversationId, text(row.flags)])).toEqual([[conversationId, 'flags']]);
      }
    });

    it('is found by its time of storing, where the conversation is in the inbox', async () => {
      const inbox = inboxRow({ userId: randomUUID(), storedAtMs: 1000 });
      const { userId, conversationId } = inbox;
      await store().write(projected({ inbox: [inbox] }));
      await store().write(projected({ own: [ownRow({ userId, conversationId, storedAtMs: 5000 })] }));
      expect(await store().readInboxStored(userId, 3000, '', 10)).toHaveLength(1);
      expect(await store().readInboxStored(userId, 5001, '', 10)).toHaveLength(0);
    });

    it('may speak of a conversation that is in no inbox: then it is in no list', async () => {
      const row = ownRow();
      await store().write(projected({ own: [row] }));
      expect(await store().readInbox(row.userId, undefined, 10)).toEqual([]);
      expect(await store().readInboxStored(row.userId, 0, '', 10)).toEqual([]);
      expect(await store().readInboxRow(row.userId, row.conversationId)).toBeUndefined();
      expect(await store().readOwnFlags(row.userId)).toHaveLength(1);
    });

    it('is read whole, of that person alone', async () => {
      const userId = randomUUID();
      const rows = Array.from({ length: 600 }, () => ownRow({ userId }));
      await store().write(projected({ own: [...rows, ownRow()], inbox: [inboxRow({ userId })] }));
      const found = await store().readOwnFlags(userId);
      expect(found.map(({ conversationId }) => conversationId).sort()).toEqual(
        rows.map(({ conversationId }) => conversationId).sort(),
      );
      expect(found[0]).toMatchObject({ deletedPosition: -1 });
      expect(found[0]?.deleted).toHaveLength(0);
    });
  });
}
