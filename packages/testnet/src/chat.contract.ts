/** What two and more people do with each other, through the real client; the same in one process and on a cluster. */
import type { ClatterClient } from '@clatter/client';
import type { Push } from '@clatter/contracts/notifications';
import { describe, expect, it } from 'vitest';
import type { People } from './people.ts';
import { until } from './until.ts';

/** A platform, or a corner of one that nobody else uses. */
export interface ChatNet extends People, AsyncDisposable {
  /** What was pushed to a person who was away. */
  pushes(userId: string): Promise<readonly Push[]>;
}

/** @param start the platform shows people as offline 100 ms after they left */
export function chatContract(start: () => Promise<ChatNet>): void {
  const textOf = (entry: {
    kind: string;
    message?: { content?: { text?: { body: string } | undefined } | undefined };
  }): string | undefined => entry.message?.content?.text?.body;

  describe.each(['json', 'proto'] as const)('two people chat (%s)', (encoding) => {
    it('delivers, acknowledges with the seq, counts unread, shows ticks', async () => {
      await using net = await start();
      const alice = await net.person('alice', { encoding });
      const bob = await net.person('bob', { encoding });
      const { conversationId } = await alice.openDirect(bob.userId);
      const ack = await alice.send(conversationId, 'hello').acked;
      expect(ack).toMatchObject({ conversationId, seq: 2, messageNo: 1 });
      await until('bob to have it', () => bob.timeline(conversationId).some((entry) => textOf(entry) === 'hello'));
      expect(bob.conversation(conversationId)?.unread).toBe(1);
      await until('delivered', () => alice.conversation(conversationId)?.lastMessage?.status === 'delivered');
      bob.markRead(conversationId);
      expect(bob.conversation(conversationId)?.unread).toBe(0);
      await until('read', () => alice.conversation(conversationId)?.lastMessage?.status === 'read');
      expect(alice.conversation(conversationId)?.unread).toBe(0);
    });
  });

  describe('conversations', () => {
    it('gives two people who begin at the same time the same one', async () => {
      await using net = await start();
      const [alice, bob] = (await net.people('alice', 'bob')) as [ClatterClient, ClatterClient];
      const [a, b] = await Promise.all([alice.openDirect(bob.userId), bob.openDirect(alice.userId)]);
      expect(a.conversationId).toBe(b.conversationId);
      const events = await alice.history(a.conversationId);
      expect(events.events.map((event) => event.seq)).toEqual([1]);
    });

    it('shows all devices of both people the same events in the same order', async () => {
      await using net = await start();
      const [alice, bob] = (await net.people('alice', 'bob')) as [ClatterClient, ClatterClient];
      const phone = await net.device('alice');
      const tablet = await net.device('bob', { encoding: 'proto' });
      const { conversationId } = await alice.openDirect(bob.userId);
      const senders = [alice, bob, phone, tablet];
      await Promise.all(
        Array.from({ length: 100 }, (_, i) => senders[i % 4]?.send(conversationId, `message ${i}`).acked),
      );
      for (const device of senders) await until('all events', () => device.events(conversationId).at(-1)?.seq === 101);
      const seen = senders.map((device) =>
        device.events(conversationId).map((event) => `${event.seq} ${event.message?.messageId}`),
      );
      for (const other of seen) expect(other).toEqual(seen[0]);
      // Each sender's own messages keep the order in which they were sent.
      for (const [index, device] of senders.entries()) {
        const own = device.events(conversationId).flatMap((event) => event.message?.content?.text?.body ?? []);
        const mine = own.filter((text) => Number(text.split(' ')[1]) % 4 === index);
        expect(mine).toEqual([...mine].sort((a, b) => Number(a.split(' ')[1]) - Number(b.split(' ')[1])));
      }
    });

    it('carries every kind of content exactly, and passes on with who said it first', async () => {
      await using net = await start();
      const [alice, bob, carol] = (await net.people('alice', 'bob', 'carol')) as [
        ClatterClient,
        ClatterClient,
        ClatterClient,
      ];
      const phone = await net.device('bob', { encoding: 'proto' });
      const { conversationId } = await alice.openDirect(bob.userId);
      const contents = [
        { text: { body: 'hi 👋 @Bob', mentions: [{ start: 6, length: 4, userId: bob.userId, all: false }] } },
        { contact: { userId: carol.userId, name: 'Carol', phones: ['+49 30 1'], emails: ['carol@example.org'] } },
        {
          location: {
            latitude: -33.8567844,
            longitude: 151.2152967,
            accuracyM: 12.5,
            name: 'Opera',
            liveForMs: 60_000,
          },
        },
        { custom: { type: 'org.example.order', json: '{ "n": 1.50 }', fallback: 'Order 7' } },
      ];
      for (const content of contents) await alice.send(conversationId, content).acked;
      for (const device of [bob, phone]) {
        await until('all contents', () => device.events(conversationId).at(-1)?.seq === 5);
        expect(device.events(conversationId).slice(1)).toMatchObject(
          contents.map((content) => ({ message: { content } })),
        );
      }
      const moved = { location: { ...contents[2]?.location, latitude: 1 } };
      await alice.edit(conversationId, 4, moved);
      await expect(alice.edit(conversationId, 3, 'other words')).rejects.toMatchObject({ code: 'CONFLICT' });
      const other = await bob.openDirect(carol.userId);
      await bob.forward(other.conversationId, { conversationId, seq: 4 }).acked;
      await until('it to arrive', () => carol.events(other.conversationId).length === 2);
      expect(carol.events(other.conversationId)[1]?.message).toMatchObject({
        content: { location: { latitude: 1, liveForMs: 0 } },
        forwarded: { senderId: alice.userId, hops: 1, conversationId: undefined },
      });
      // Nobody passes on what they may not see.
      const own = await carol.openDirect(alice.userId);
      const stolen = carol.forward(own.conversationId, { conversationId, seq: 2 });
      await expect(stolen.acked).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('counts mentions until they are read on any device, and lists what is pinned', async () => {
      await using net = await start();
      const [alice, bob] = (await net.people('alice', 'bob')) as [ClatterClient, ClatterClient];
      const phone = await net.device('bob', { encoding: 'proto' });
      const { conversationId } = await alice.createGroup('Team', [bob.userId]);
      const call = (mention: object) =>
        alice.send(conversationId, { text: { body: '@all', mentions: [{ start: 0, length: 4, ...mention }] } }).acked;
      await call({ userId: bob.userId });
      await call({ all: true });
      await call({ userId: alice.userId });
      await until('mentions', () => bob.conversation(conversationId)?.mentions === 2);
      const fresh = await net.device('bob');
      await until('the count of the server', () => fresh.conversation(conversationId)?.mentions === 2);
      bob.markRead(conversationId, 2);
      await until('the phone to know', () => phone.conversation(conversationId)?.mentions === 1);
      await bob.pin(conversationId, 3);
      await until('the pin', () => alice.conversation(conversationId)?.pinnedSeqs.length === 1);
      const [pinned] = await alice.pins(conversationId);
      expect(pinned).toMatchObject({
        seq: 3,
        pinnedBy: bob.userId,
        event: { message: { content: { text: { body: '@all' } } } },
      });
      await alice.deleteMessage(conversationId, 3);
      expect(await bob.pins(conversationId)).toEqual([]);
      await until('the count to fall', () => phone.conversation(conversationId)?.mentions === 0);
    });

    it('takes votes, and tells nobody whose they are where they are secret', async () => {
      await using net = await start();
      const [alice, bob, carol] = (await net.people('alice', 'bob', 'carol')) as [
        ClatterClient,
        ClatterClient,
        ClatterClient,
      ];
      const phone = await net.device('bob', { encoding: 'proto' });
      const { conversationId } = await alice.createGroup('Team', [bob.userId, carol.userId]);
      const ask = (anonymous: boolean) =>
        alice.send(conversationId, { poll: { question: 'Lunch?', options: ['noon', 'one'], anonymous } }).acked;
      const [open, secret] = [(await ask(false)).seq, (await ask(true)).seq];
      await bob.vote(conversationId, open, [0]);
      await bob.vote(conversationId, secret, [1]);
      await carol.vote(conversationId, secret, [0]);
      expect(await alice.votes(conversationId, open)).toEqual([{ userId: bob.userId, options: [0] }]);
      await expect(alice.votes(conversationId, secret)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      const standing = (client: ClatterClient) =>
        client
          .timeline(conversationId)
          .flatMap((entry) =>
            entry.kind === 'message' && entry.message.seq === secret ? [entry.message.poll] : [],
          )[0];
      for (const device of [alice, bob, carol, phone]) await until('both votes', () => standing(device)?.voters === 2);
      expect(standing(phone)?.options).toEqual([
        { count: 1, mine: false },
        { count: 1, mine: true },
      ]);
      for (const client of [alice, carol]) {
        const votes = client
          .events(conversationId)
          .filter((event) => event.voted?.seq === secret && event.senderId !== client.userId);
        expect(votes.length).toBe(client === alice ? 2 : 1);
        for (const { senderId, voted } of votes)
          expect([senderId, voted?.options]).toEqual(['00000000-0000-0000-0000-000000000000', []]);
      }
      await alice.closePoll(conversationId, secret);
      await expect(bob.vote(conversationId, secret, [])).rejects.toMatchObject({ code: 'CONFLICT' });
      await until('its end', () => standing(carol)?.closed === true);
    });

    it('edits, deletes and reacts, and shows a deleted content nowhere', async () => {
      await using net = await start();
      const [alice, bob] = (await net.people('alice', 'bob')) as [ClatterClient, ClatterClient];
      const { conversationId } = await alice.openDirect(bob.userId);
      await alice.send(conversationId, 'a secret of mine').acked;
      await alice.edit(conversationId, 2, 'a better secret');
      await bob.react(conversationId, 2, '👍');
      const edited = await bob.history(conversationId);
      expect(edited.events[1]?.message).toMatchObject({
        edited: true,
        content: { text: { body: 'a better secret' } },
        reactions: [{ emoji: '👍', count: 1, mine: true }],
      });
      expect(edited.events[2]?.edited?.content?.text?.body).toBe('a better secret');
      await expect(bob.edit(conversationId, 2, 'mine now')).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(bob.deleteMessage(conversationId, 2)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await alice.deleteMessage(conversationId, 2);
      const late = await net.device('bob');
      const everything = JSON.stringify([
        await bob.history(conversationId),
        late.events(conversationId),
        late.conversations(),
      ]);
      expect(everything).not.toContain('secret');
      expect((await bob.history(conversationId)).events[1]?.message).toMatchObject({ deleted: true, reactions: [] });
      await until('the live device to see it', () =>
        bob.timeline(conversationId).some((entry) => entry.kind === 'message' && entry.message.deleted),
      );
    });

    it('keeps a group by its rules', async () => {
      await using net = await start();
      const [owner, member, other, stranger] = (await net.people(
        'owner',
        'member',
        'other',
        'stranger',
      )) as ClatterClient[];
      if (!owner || !member || !other || !stranger) throw new Error('four people');
      const { conversationId } = await owner.createGroup('Team', [member.userId]);
      await until('the member to see the group', () => member.conversation(conversationId)?.role === 'member');
      await expect(member.rename(conversationId, { title: 'Mine' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(member.addMembers(conversationId, [other.userId])).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(stranger.history(conversationId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(stranger.send(conversationId, 'let me in').acked).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await owner.send(conversationId, 'before other came').acked;
      await owner.addMembers(conversationId, [other.userId]);
      await owner.rename(conversationId, { title: 'Team 2' });
      await until('other to see it', () => other.conversation(conversationId)?.title === 'Team 2');
      // Who joins sees from there on, and has nothing unread from before.
      expect(other.conversation(conversationId)?.unread).toBe(0);
      expect(JSON.stringify(await other.history(conversationId))).not.toContain('before other came');
      await owner.removeMember(conversationId, member.userId);
      await until('the removed one to learn of it', () => member.conversation(conversationId)?.role === 'none');
      await owner.send(conversationId, 'behind your back').acked;
      await expect(member.send(conversationId, 'still here').acked).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
      await expect(member.history(conversationId)).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
      const later = await net.device('member');
      expect(JSON.stringify(later.events(conversationId))).not.toContain('behind your back');
      // The owner leaves: who has been there longest owns it.
      await owner.removeMember(conversationId, owner.userId);
      expect((await other.members(conversationId)).map(({ userId, role }) => [userId, role])).toEqual([
        [other.userId, 'owner'],
      ]);
    });

    it('lets people in by invites, as the settings say, and keeps out who is banned', async () => {
      await using net = await start();
      const [owner, first, second] = (await net.people('owner', 'first', 'second')) as ClatterClient[];
      if (!owner || !first || !second) throw new Error('three people');
      const { conversationId } = await owner.createGroup('Open', []);
      await owner.send(conversationId, 'before you came').acked;
      const { token } = await owner.groups.createInvite(conversationId, { maxUses: 1, expiresInSeconds: 3600 });
      // Two at the same time, and a link for one.
      const joins = await Promise.allSettled([first.groups.join(token), second.groups.join(token)]);
      expect(joins.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const [winner, loser] = joins[0]?.status === 'fulfilled' ? [first, second] : [second, first];
      await expect(loser.groups.join(token)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await until('the winner to be in', () => winner.conversation(conversationId)?.role === 'member');
      expect(JSON.stringify(await winner.history(conversationId))).not.toContain('before you came');

      await owner.groups.changeSettings(conversationId, { sendRole: 'admin', fullHistory: true });
      await until('the settings to come', () => winner.conversation(conversationId)?.settings?.sendRole === 'admin');
      await expect(winner.send(conversationId, 'me too').acked).rejects.toMatchObject({ code: 'FORBIDDEN' });
      const again = await owner.groups.createInvite(conversationId);
      expect((await owner.groups.invites(conversationId)).map(({ inviteId }) => inviteId)).toEqual([again.inviteId]);
      await loser.groups.join(again.token);
      expect(JSON.stringify(await loser.history(conversationId))).toContain('before you came');

      await owner.groups.ban(conversationId, loser.userId);
      await until('the banned one to learn of it', () => loser.conversation(conversationId)?.role === 'none');
      expect(loser.conversation(conversationId)?.title).toBe('Open');
      await expect(loser.groups.join(again.token)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect((await owner.groups.bans(conversationId)).items).toEqual([loser.userId]);
      await owner.groups.unban(conversationId, loser.userId);
      await owner.groups.setRole(conversationId, winner.userId, 'owner');
      await winner.groups.revokeInvite(conversationId, again.inviteId);
      await expect(loser.groups.join(again.token)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('has messages disappear for everybody, wherever they are read', async () => {
      await using net = await start();
      const [owner, member] = (await net.people('owner', 'member')) as ClatterClient[];
      if (!owner || !member) throw new Error('two people');
      const { conversationId } = await owner.openDirect(member.userId);
      await owner.send(conversationId, 'stays').acked;
      await member.setDisappearing(conversationId, 5);
      await until('the timer to come', () => owner.conversation(conversationId)?.settings?.disappearAfterSeconds === 5);
      const { seq } = await owner.send(conversationId, 'goes').acked;
      await owner.react(conversationId, seq, '👍');
      await until('the message to come', () => JSON.stringify(member.timeline(conversationId)).includes('goes'));
      const shown = (client: ClatterClient): string =>
        JSON.stringify([client.timeline(conversationId), client.events(conversationId), client.conversations()]);
      await until('it to go', () => [owner, member].every((client) => !shown(client).includes('goes')), 20_000);
      expect(JSON.stringify(await member.history(conversationId))).not.toContain('goes');
      // The log says so too: it is erased.
      await until(
        'the event that erased it',
        () => member.events(conversationId).some(({ expired }) => expired?.seqs.includes(seq)),
        30_000,
      );
      await expect(owner.edit(conversationId, seq, 'back again')).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(JSON.stringify(member.timeline(conversationId))).toContain('stays');
    });

    it('sends messages later, once, also when their sender is gone, or says why not', async () => {
      await using net = await start();
      const [owner, member] = (await net.people('owner', 'member')) as ClatterClient[];
      if (!owner || !member) throw new Error('two people');
      const { conversationId } = await owner.createGroup('Later', [member.userId]);
      const soon = (ms: number): number => Date.now() + ms;
      const texts = (client: ClatterClient): string =>
        client
          .timeline(conversationId)
          .map((entry) => textOf(entry))
          .join(' ');
      await owner.schedule.load();
      const kept = await owner.schedule.send(conversationId, 'sooner', soon(3000));
      const changed = await owner.schedule.send(conversationId, 'wrong', soon(600_000));
      const back = await owner.schedule.send(conversationId, 'never', soon(600_000));
      await owner.schedule.change(changed, { content: 'right', sendAtMs: soon(4000) });
      await owner.schedule.cancel(back);
      await expect(owner.schedule.send(conversationId, 'past', soon(-60_000))).rejects.toMatchObject({
        code: 'INVALID',
      });
      expect((await owner.schedule.load()).map(({ messageId }) => messageId)).toEqual([kept, changed]);
      expect(await member.schedule.load()).toEqual([]);
      // The same request again, as after an answer that was lost.
      await owner.schedule.send(conversationId, 'sooner', soon(3000), { messageId: kept });
      await until('both to be sent', () => texts(member).includes('sooner') && texts(member).includes('right'), 30_000);
      await until('the list to be empty', () => owner.schedule.items.length === 0);
      // Who is no member any more sends nothing.
      const failing = await member.schedule.send(conversationId, 'too late', soon(4000));
      const gone = await member.schedule.send(conversationId, 'gone', soon(600_000));
      await member.removeMember(conversationId, member.userId);
      await until(
        'it to fail',
        async () => (await member.schedule.load()).some(({ status }) => status === 'FAILED'),
        30_000,
      );
      expect(await member.schedule.load()).toMatchObject([
        { messageId: failing, status: 'FAILED', reason: 'NOT_A_MEMBER' },
        { messageId: gone, status: 'WAITING' },
      ]);
      // A session that has ended is no obstacle.
      const last = await owner.schedule.send(conversationId, 'after I left', soon(3000));
      await owner.logout();
      const again = await net.device('owner');
      await until(
        'it to be there',
        () => again.events(conversationId).some(({ message }) => message?.messageId === last),
        30_000,
      );
      const { events } = await again.history(conversationId);
      const said = events.flatMap(({ message }) => message?.content?.text?.body ?? []);
      expect(said.sort()).toEqual(['after I left', 'right', 'sooner']);
    });

    it('says whom a message was for, who has read it, who reacted, and where an invite leads', async () => {
      await using net = await start();
      const [owner, member, other] = (await net.people('owner', 'member', 'other')) as ClatterClient[];
      if (!owner || !member || !other) throw new Error('three people');
      const { conversationId } = await owner.createGroup('Readers', [member.userId, other.userId]);
      const { seq } = await owner.send(conversationId, 'who reads this?').acked;
      await until('the member to have it', () => member.events(conversationId).at(-1)?.seq === seq);
      member.markRead(conversationId);
      await member.react(conversationId, seq, '👍');
      const receipts = () => owner.messageReceipts(conversationId, seq);
      await until('all to be told', async () => (await receipts()).read === 1 && (await receipts()).delivered === 2);
      expect(await receipts()).toEqual({
        items: [
          { userId: member.userId, status: 'read' },
          { userId: other.userId, status: 'delivered' },
        ].sort((a, b) => (a.userId < b.userId ? -1 : 1)),
        nextCursor: undefined,
        members: 2,
        delivered: 2,
        read: 1,
      });
      const status = (): string | undefined => {
        const entry = owner.timeline(conversationId).find((line) => line.kind === 'message');
        return entry?.kind === 'message' ? entry.message.status : undefined;
      };
      await until('the tick to say so', () => status() === 'delivered');
      await owner.removeMember(conversationId, other.userId);
      await until('the tick to wait for nobody who went', () => status() === 'read');
      expect((await owner.messageReactions(conversationId, seq)).items).toEqual([
        { emoji: '👍', userId: member.userId },
      ]);
      await expect(other.messageReceipts(conversationId, seq)).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });

      const { token } = await owner.groups.createInvite(conversationId);
      expect(await other.groups.previewInvite(token)).toMatchObject({ title: 'Readers', memberCount: 2, role: 'none' });
      await owner.groups.ban(conversationId, other.userId);
      await expect(other.groups.previewInvite(token)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect((await owner.groups.members(conversationId, { limit: 1 })).nextCursor).toBeDefined();
    });

    it('lists by last activity and pages with a cursor', async () => {
      await using net = await start();
      const alice = await net.person('alice');
      const others = await Promise.all(Array.from({ length: 7 }, (_, i) => net.person(`other${i}`)));
      for (const other of others) {
        const { conversationId } = await other.openDirect(alice.userId);
        await other.send(conversationId, `from ${other.userId}`).acked;
      }
      const token = alice.accessToken;
      const seen: string[] = [];
      let cursor = '';
      do {
        const { body } = await net.http(
          'GET',
          `/v1/conversations?limit=3${cursor && `&cursor=${cursor}`}`,
          undefined,
          token,
        );
        for (const item of body.items) {
          expect(item).toMatchObject({ headSeq: '2', messageNo: '1', unread: '1' });
          seen.push(item.conversation.peerId);
        }
        cursor = body.nextCursor ?? '';
      } while (cursor);
      expect(seen).toEqual(others.map((other) => other.userId).reverse());
    });

    it('syncs a device that was away: the newest window, then history fills the hole', async () => {
      await using net = await start();
      const [alice, bob] = (await net.people('alice', 'bob')) as [ClatterClient, ClatterClient];
      const { conversationId } = await alice.openDirect(bob.userId);
      await alice.send(conversationId, 'first').acked;
      await until('bob to have it', () => bob.events(conversationId).at(-1)?.seq === 2);
      await bob.close();
      await Promise.all(Array.from({ length: 350 }, (_, i) => alice.send(conversationId, `while away ${i}`).acked));
      await bob.connect();
      expect(bob.events(conversationId).at(-1)?.seq).toBe(352);
      expect(bob.conversation(conversationId)?.unread).toBe(351);
      while (await bob.loadEarlier(conversationId, 100));
      expect(bob.events(conversationId).map((event) => event.seq)).toEqual(
        Array.from({ length: 352 }, (_, i) => i + 1),
      );
    });
  });

  describe('signals', () => {
    it('passes typing on to the others, and pushes to whoever is away', async () => {
      await using net = await start();
      const [alice, bob] = (await net.people('alice', 'bob')) as [ClatterClient, ClatterClient];
      const { conversationId } = await alice.openDirect(bob.userId);
      const typing = new Promise((resolve) => bob.on('typing', resolve));
      alice.typing(conversationId, 'TYPING');
      await expect(typing).resolves.toMatchObject({ conversationId, userId: alice.userId, activity: 'TYPING' });
      await alice.send(conversationId, 'while you look').acked;
      // Who looks is asked a moment after the message.
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await bob.close();
      await until('bob to be gone', async () => {
        await alice.send(conversationId, 'while you are away').acked;
        return (await net.pushes(bob.userId)).some(
          (push) =>
            push.body === 'while you are away' && push.title === 'alice' && push.conversationId === conversationId,
        );
      });
      expect((await net.pushes(bob.userId)).some((push) => push.body === 'while you look')).toBe(false);
      expect(await net.pushes(alice.userId)).toEqual([]);
    });

    it('tells watchers how people are', async () => {
      await using net = await start();
      const [alice, bob] = (await net.people('alice', 'bob')) as [ClatterClient, ClatterClient];
      const states: string[] = [];
      alice.on('presence', ({ userId, status }) => userId === bob.userId && states.push(status));
      await alice.watch([bob.userId]);
      await until('online', () => states.includes('ONLINE'));
      await bob.setPresence(true, 'BUSY');
      await until('busy', () => states.at(-1) === 'BUSY');
      await bob.close();
      await until('offline', () => states.at(-1) === 'OFFLINE');
    });

    it('closes the sockets of a session that has ended, and only those', async () => {
      await using net = await start();
      const alice = await net.person('alice');
      const phone = await net.device('alice');
      const ended = new Promise((resolve) => phone.on('loggedOut', resolve));
      await alice.revokeSession(phone.sessionId);
      await ended;
      expect(alice.state).toBe('live');
      await expect(phone.me()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    });
  });
}
