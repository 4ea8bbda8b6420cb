/** What many people do in a channel, through the real client; the same in one process and on a cluster. */
import type { ClatterClient } from '@clatter/client';
import { describe, expect, it } from 'vitest';
import type { ChatNet } from './chat.contract.ts';
import { until } from './until.ts';

const bodies = (client: ClatterClient, conversationId: string): string[] =>
  client.events(conversationId).flatMap(({ message }) => message?.content?.text?.body ?? []);

const hasAll = (client: ClatterClient, conversationId: string, texts: readonly string[]): boolean =>
  texts.every((text) => bodies(client, conversationId).includes(text));

export function channelsContract(start: () => Promise<ChatNet>): void {
  describe('a channel', () => {
    it('is delivered to members on every device, in order, and to nobody else', async () => {
      await using net = await start();
      const [alice, bob, carol, dave] = (await net.people('alice', 'bob', 'carol', 'dave')) as [
        ClatterClient,
        ClatterClient,
        ClatterClient,
        ClatterClient,
      ];
      const phone = await net.device('bob', { encoding: 'proto' });
      const { conversationId, kind } = await alice.createChannel('News', [bob.userId, carol.userId]);
      expect(kind).toBe('channel');
      const texts = Array.from({ length: 50 }, (_, index) => `news ${index}`);
      await Promise.all(texts.map((text) => alice.send(conversationId, text).acked));
      for (const member of [alice, bob, phone, carol]) {
        await until('all news', () => hasAll(member, conversationId, texts));
        expect(bodies(member, conversationId)).toEqual(texts);
      }
      // Events of a conversation that a device does not know yet can come before the answer that describes it.
      await until('bob to know what it is', () => bob.conversation(conversationId)?.kind === 'channel');
      expect(bob.conversation(conversationId)).toMatchObject({ kind: 'channel', title: 'News', unread: 50 });
      bob.markRead(conversationId);
      await until('the other device to know', () => phone.conversation(conversationId)?.unread === 0);
      expect(dave.conversation(conversationId)).toBeUndefined();
      await expect(dave.history(conversationId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('tells whoever comes while connected, and whoever connects later, what follows', async () => {
      await using net = await start();
      const [alice, bob] = (await net.people('alice', 'bob')) as [ClatterClient, ClatterClient];
      const { conversationId } = await alice.createChannel('News');
      // What follows at once must not go by a gateway that hears of its first member with the event before.
      const added = alice.addMembers(conversationId, [bob.userId]);
      await added;
      await Promise.all(['one', 'two'].map((text) => alice.send(conversationId, text).acked));
      await until('bob to have them', () => hasAll(bob, conversationId, ['one', 'two']));
      const tablet = await net.device('bob');
      await alice.send(conversationId, 'three').acked;
      for (const device of [bob, tablet]) await until('three', () => hasAll(device, conversationId, ['three']));
      expect(bodies(tablet, conversationId)).toEqual(['one', 'two', 'three']);
      await until('the list', () => bob.conversation(conversationId)?.memberCount === 2);
    });

    it('tells whoever is removed that, and nothing after it', async () => {
      await using net = await start();
      const [alice, bob, carol] = (await net.people('alice', 'bob', 'carol')) as [
        ClatterClient,
        ClatterClient,
        ClatterClient,
      ];
      const { conversationId } = await alice.createChannel('News', [bob.userId, carol.userId]);
      await alice.send(conversationId, 'for all').acked;
      for (const member of [bob, carol]) await until('it', () => hasAll(member, conversationId, ['for all']));
      const heard: number[] = [];
      bob.on('event', ({ seq }) => heard.push(seq));
      await alice.removeMember(conversationId, bob.userId);
      await alice.send(conversationId, 'not for bob').acked;
      await until('carol to have it', () => hasAll(carol, conversationId, ['not for bob']));
      await until('bob to know', () => bob.conversation(conversationId)?.role === 'none');
      const removal = Math.max(...heard);
      // Whoever is back sees what follows, and nothing of the time between.
      await alice.addMembers(conversationId, [bob.userId]);
      await alice.send(conversationId, 'for all again').acked;
      await until('bob to have it', () => hasAll(bob, conversationId, ['for all again']));
      expect(heard.filter((seq) => seq === removal + 1)).toEqual([]);
      expect(bodies(bob, conversationId)).not.toContain('not for bob');
    });

    it('is led by admins: bans, roles, and an owner who cannot leave it to nobody', async () => {
      await using net = await start();
      const [alice, bob, carol] = (await net.people('alice', 'bob', 'carol')) as [
        ClatterClient,
        ClatterClient,
        ClatterClient,
      ];
      const { conversationId } = await alice.createChannel('News', [bob.userId, carol.userId]);
      await expect(alice.removeMember(conversationId, alice.userId)).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(bob.addMembers(conversationId, [carol.userId])).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await alice.groups.setRole(conversationId, bob.userId, 'admin');
      await bob.groups.ban(conversationId, carol.userId);
      expect((await alice.groups.bans(conversationId)).items).toEqual([carol.userId]);
      await expect(alice.addMembers(conversationId, [carol.userId])).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await alice.removeMember(conversationId, alice.userId);
      const { items } = await bob.membersPage(conversationId);
      expect(items.map(({ userId, role }) => [userId, role])).toEqual([[bob.userId, 'owner']]);
    });

    it('shows an edit to whoever may see the message, and to others that there was one', async () => {
      await using net = await start();
      const [alice, bob, carol] = (await net.people('alice', 'bob', 'carol')) as [
        ClatterClient,
        ClatterClient,
        ClatterClient,
      ];
      const { conversationId } = await alice.createChannel('News', [bob.userId]);
      const { seq } = await alice.send(conversationId, 'early').acked;
      await alice.addMembers(conversationId, [carol.userId]);
      await alice.send(conversationId, 'late').acked;
      await until('carol to be there', () => hasAll(carol, conversationId, ['late']));
      await until('bob to be there', () => hasAll(bob, conversationId, ['late']));
      const edits = new Map<ClatterClient, string | undefined>();
      for (const member of [bob, carol])
        member.on('event', ({ edited }) => edited && edits.set(member, edited.content?.text?.body ?? ''));
      await alice.edit(conversationId, seq, 'early, edited');
      await until('both to hear of it', () => edits.size === 2);
      expect([edits.get(bob), edits.get(carol)]).toEqual(['early, edited', '']);
    });

    it('takes many people at once, each once, and pages them', async () => {
      await using net = await start();
      const [alice] = (await net.people('alice')) as [ClatterClient];
      const names = Array.from({ length: 30 }, (_, index) => `person${index}`);
      const others: ClatterClient[] = [];
      for (let from = 0; from < names.length; from += 10)
        others.push(...(await net.people(...names.slice(from, from + 10))));
      const ids = others.map(({ userId }) => userId);
      const { conversationId } = await alice.createChannel('News', ids.slice(0, 3));
      await alice.addMembers(conversationId, ids);
      const joined = (await alice.history(conversationId)).events.at(-1)?.membersChanged;
      expect(joined).toMatchObject({ addedCount: 27 });
      expect(joined?.added).toHaveLength(20);
      await expect(alice.addMembers(conversationId, ids)).rejects.toMatchObject({ code: 'CONFLICT' });
      await alice.send(conversationId, 'hello all').acked;
      for (const other of others) await until('it', () => hasAll(other, conversationId, ['hello all']));
      await until('the count', () => alice.conversation(conversationId)?.memberCount === 31);
      expect(others.at(-1)?.conversation(conversationId)).toMatchObject({ role: 'member', memberCount: 31, unread: 1 });
      const found: string[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await alice.membersPage(conversationId, cursor, 7);
        found.push(...page.items.map(({ userId }) => userId));
        cursor = page.nextCursor;
        if (cursor === undefined) break;
      }
      expect(found.toSorted()).toEqual([alice.userId, ...ids].toSorted());
    });
  });
}
