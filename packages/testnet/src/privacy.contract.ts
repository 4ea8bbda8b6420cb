/** What people may not see and do of each other, through the real client; the same in one process and on a cluster. */
import type { ClatterClient } from '@clatter/client';
import { expect, it } from 'vitest';
import type { People } from './people.ts';
import { until } from './until.ts';

/** A platform, or a corner of one that nobody else uses. */
export interface PrivacyNet extends People, AsyncDisposable {}

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error: unknown) => `${(error as { code?: string }).code} ${(error as Error).message.split(': ')[0]}`,
  );

/** @param start the platform shows people as offline 100 ms after they left */
export function privacyContract(start: () => Promise<PrivacyNet>): void {
  const three = async (net: People) =>
    (await net.people('alice', 'bob', 'carol')) as [ClatterClient, ClatterClient, ClatterClient];

  it('a block holds in the log of the conversation from when it is answered, and ends', async () => {
    await using net = await start();
    const [alice, bob] = await three(net);
    const { conversationId } = await alice.openDirect(bob.userId);
    await bob.send(conversationId, 'before').acked;
    await alice.relations.block(bob.userId);
    await expect(bob.send(conversationId, 'while blocked').acked).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: 'conversationId: this person takes no messages from you',
    });
    await expect(alice.send(conversationId, 'too').acked).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await alice.relations.blocked()).items.map(({ user }) => user.userId)).toEqual([bob.userId]);
    await alice.relations.unblock(bob.userId);
    await bob.send(conversationId, 'after').acked;
    await until('alice to have it', () => alice.events(conversationId).at(-1)?.message !== undefined);
    for (const person of [alice, bob]) {
      const { events } = await person.history(conversationId);
      const texts = events.map((event) => event.message?.content?.text?.body);
      expect(texts).toEqual([undefined, 'before', undefined, undefined, 'after']);
      // Of the two events between nobody is told what they say, nor whose they are.
      for (const { senderId } of events.slice(2, 4)) expect(senderId).toBe('00000000-0000-0000-0000-000000000000');
    }
  });

  it('a block keeps its person from beginning anything, and looks like privacy', async () => {
    await using net = await start();
    const [alice, bob, carol] = await three(net);
    await alice.relations.block(bob.userId);
    await carol.relations.setPrivacy({ messages: 'nobody', groups: 'contacts' });
    const direct = (to: ClatterClient) => codeOf(bob.openDirect(to.userId));
    const group = (to: ClatterClient) => codeOf(bob.createGroup('Team', [to.userId]));
    expect(await direct(alice)).toBe('FORBIDDEN memberIds');
    expect(await direct(carol)).toBe('FORBIDDEN memberIds');
    expect(await group(alice)).toBe('FORBIDDEN memberIds');
    expect(await group(carol)).toBe('FORBIDDEN memberIds');
    await carol.relations.putContact(bob.userId);
    expect(await group(carol)).toBe('none');
    expect(await codeOf(alice.openDirect(bob.userId))).toBe('FORBIDDEN memberIds');
    const found = await bob.searchUsers(`alice${net.suffix}`);
    expect(found.items.map(({ userId }) => userId)).not.toContain(alice.userId);
  });

  it('presence is told to whom it is for, as of each change', async () => {
    await using net = await start();
    const [alice, bob] = await three(net);
    const told: string[] = [];
    bob.on('presence', ({ userId, status }) => {
      if (userId === alice.userId) told.push(status);
    });
    await alice.relations.setPrivacy({ presence: 'contacts' });
    await bob.watch([alice.userId]);
    await until('bob to be told that alice is not there', () => told.at(-1) === 'OFFLINE');
    await alice.relations.putContact(bob.userId);
    await until('bob to see alice', () => told.at(-1) === 'ONLINE');
    await alice.relations.block(bob.userId);
    await until('bob to see nothing', () => told.at(-1) === 'OFFLINE');
    await alice.relations.unblock(bob.userId);
    await until('bob to see alice again', () => told.at(-1) === 'ONLINE');
  });
}
