import type { ClatterClient } from '@clatter/client';
import { expect, it } from 'vitest';
import { TestNet } from './index.ts';

it('begins nothing with a deleted account, and keeps what was begun', async () => {
  await using net = await TestNet.start();
  const [alice, bob, gone] = (await net.people('alice', 'bob', 'gone')) as [
    ClatterClient,
    ClatterClient,
    ClatterClient,
  ];
  const { conversationId } = await alice.openDirect(gone.userId);
  const group = await alice.createGroup('Plans', []);
  expect((await net.http('DELETE', '/v1/me', undefined, gone.accessToken)).status).toBe(204);

  await expect(alice.addMembers(group.conversationId, [gone.userId])).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(alice.createGroup('More', [gone.userId])).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(bob.openDirect(gone.userId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect((await alice.members(group.conversationId)).map(({ userId }) => userId)).toEqual([alice.userId]);
  // What they once said to each other is still to be found, under a name that says so.
  expect((await alice.openDirect(gone.userId)).conversationId).toBe(conversationId);
  const { body } = await net.http('GET', `/v1/users/${gone.userId}`, undefined, alice.accessToken);
  expect(body.user.displayName).toBe('Deleted account');
});
