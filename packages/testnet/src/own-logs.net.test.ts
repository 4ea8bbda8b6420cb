import type { ClatterClient } from '@clatter/client';
import { expect, it } from 'vitest';
import { TestNet, until } from './index.ts';

const textsOf = (client: ClatterClient, id: string): (string | undefined)[] =>
  client.timeline(id).flatMap((entry) => (entry.kind === 'message' ? [entry.message.content?.text?.body] : []));

it('what somebody makes of a conversation is the same on all of their devices, live and after a time away', async () => {
  await using net = await TestNet.start();
  const [phone, bob] = (await net.people('alice', 'bob')) as [ClatterClient, ClatterClient];
  const laptop = await net.device('alice');
  const { conversationId: id } = await phone.openDirect(bob.userId);
  await bob.send(id, 'keep').acked;
  const { seq } = await bob.send(id, 'gone').acked;
  await until('both devices have it', () => [phone, laptop].every((device) => textsOf(device, id).length === 2));

  await phone.setFlags(id, { pinned: true, muted: true });
  phone.setDraft(id, 'half a thought');
  await phone.deleteForMe(id, seq);
  const asChanged = (device: ClatterClient) => () => {
    const view = device.conversation(id);
    return (
      view?.pinPlace === 1 &&
      view.mutedUntilMs > 0 &&
      view.draft?.text === 'half a thought' &&
      view.lastMessage?.content?.text?.body === 'keep'
    );
  };
  await until('the laptop shows it', asChanged(laptop));
  expect(textsOf(laptop, id)).toEqual(['keep']);
  expect(textsOf(bob, id)).toEqual(['keep', 'gone']);
  expect(laptop.conversations().map(({ conversationId }) => conversationId)).toEqual([id]);
  // One that has never been there.
  const tablet = await net.device('alice');
  await until('a new device shows it', asChanged(tablet));
  expect(textsOf(tablet, id)).toEqual(['keep']);

  // Away meanwhile, with all that it held.
  await laptop.close();
  await phone.setFlags(id, { archived: true });
  phone.setDraft(id, '');
  await until('the draft is cleared', () => phone.waiting === 0);
  await laptop.connect();
  await until(
    'the laptop has caught up',
    () => laptop.conversation(id)?.archived && laptop.conversation(id)?.draft === undefined,
  );
  expect(laptop.conversation(id)?.pinPlace).toBe(0);

  // Muted: no push, and it stays in the archive.
  await Promise.all([phone.close(), laptop.close(), tablet.close()]);
  await bob.send(id, 'ring?').acked;
  await phone.connect();
  await until('it came', () => textsOf(phone, id).includes('ring?'));
  expect(phone.conversation(id)?.archived).toBe(true);
  expect(await net.pushes(phone.userId)).toEqual([]);
});

it('HTTP changes, lists by and answers with the same', async () => {
  await using net = await TestNet.start();
  const [alice, bob, carol] = (await net.people('alice', 'bob', 'carol')) as [
    ClatterClient,
    ClatterClient,
    ClatterClient,
  ];
  const { conversationId: id } = await alice.openDirect(bob.userId);
  await alice.openDirect(carol.userId);
  const call = (method: string, path: string, body?: unknown, as = alice) =>
    net.http(method, `/v1/conversations/${path}`, body, as.accessToken);
  const commandId = crypto.randomUUID();
  for (let repeat = 0; repeat < 2; repeat++) {
    const { status, body } = await call('PATCH', `${id}/flags`, { archived: true, commandId });
    expect([status, body.flags.archived, body.flags.ownSeq]).toEqual([200, true, '1']);
  }
  expect((await call('PUT', `${id}/draft`, { text: 'later ' })).body.draft).toMatchObject({ text: 'later ' });
  const listed = async (query: string): Promise<string[]> =>
    (await net.http('GET', `/v1/conversations?${query}`, undefined, alice.accessToken)).body.items.map(
      (item: { conversation: { peerId: string } }) => item.conversation.peerId,
    );
  expect(await listed('archived=true')).toEqual([bob.userId]);
  expect(await listed('archived=false')).toEqual([carol.userId]);
  await bob.send(id, 'back again').acked;
  expect(await listed('archived=false')).toEqual([bob.userId, carol.userId]);
  await call('PATCH', `${id}/flags`, { pinned: true });
  expect(await listed('pinned=true')).toEqual([bob.userId]);
  expect(await listed('pinned=false')).toEqual([carol.userId]);
  const events = await call('GET', `${id}/events`);
  const { seq } = events.body.events.at(-1);
  expect((await call('DELETE', `${id}/messages/${seq}?forEveryone=false`)).status).toBe(204);
  expect((await call('GET', `${id}/events`)).body.events.at(-1)).toMatchObject({ deletedForMe: { seq } });
  expect((await call('DELETE', `${id}/draft`)).status).toBe(204);
  expect((await call('GET', `${id}/flags`)).body.draft).toBeUndefined();
  for (const [method, path, body] of [
    ['PATCH', 'flags', { pinned: true }],
    ['PUT', 'draft', { text: 'x' }],
    ['DELETE', `messages/${seq}?forEveryone=false`, undefined],
  ] as const)
    expect((await call(method, `${id}/${path}`, body, carol)).status).toBe(404);
  const wrong = await call('PATCH', `${id}/flags`, { pinned: true, archived: true });
  expect([wrong.status, wrong.body.detail]).toEqual([400, 'pinned: want it without archived and hidden']);
});

it('says nothing of a conversation that is somebody else’s', async () => {
  await using net = await TestNet.start();
  const [alice, bob, carol] = (await net.people('alice', 'bob', 'carol')) as [
    ClatterClient,
    ClatterClient,
    ClatterClient,
  ];
  const { conversationId: id } = await alice.openDirect(bob.userId);
  const { seq } = await alice.send(id, 'ours').acked;
  await expect(carol.setFlags(id, { muted: true })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(carol.deleteForMe(id, seq)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await bob.setFlags(id, { muted: true });
});
