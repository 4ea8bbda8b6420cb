/** Who is told how far a message got, and of whom: on one group, read as its members read it. */
import { expect, it } from 'vitest';
import { GroupUnderTest, idOf } from './adapters/group-under-test.ts';

const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin'];
const nameOf = (userId = ''): string => NAMES.find((name) => idOf(name) === userId) ?? userId;

/** Names with how far they got, as `seq` stands. */
async function receipts(
  group: GroupUnderTest,
  viewer: string,
  seq: number,
  page: { limit?: number; cursor?: string } = {},
) {
  const answer = await group.messages.listReceipts({ userId: idOf(viewer), conversationId: group.id, seq, ...page });
  const { items = [], members, delivered, read, nextCursor } = answer;
  const state = Object.fromEntries(
    items.map(({ userId, deliveredSeq = 0, readSeq = 0 }) => [
      nameOf(userId),
      readSeq >= seq ? 'read' : deliveredSeq >= seq ? 'delivered' : 'sent',
    ]),
  );
  return { state, counts: [members, delivered, read], nextCursor };
}

async function reach(group: GroupUnderTest, name: string, deliveredSeq: number, readSeq: number): Promise<void> {
  await group.store.writeReceipts([
    { conversationId: group.id, userId: idOf(name), deliveredSeq, readSeq, readMessageNo: 0, updatedAtMs: 1 },
  ]);
}

const codeOf = (read: Promise<unknown>): Promise<string> =>
  read.then(
    () => 'answered',
    (error: { code: string }) => error.code,
  );

it('a message was for whoever was there when it came and is there now, but its sender', async () => {
  await using group = await GroupUnderTest.of('bob', 'carol', 'dave');
  await group.submit('alice', { changeSettings: { fullHistory: true } });
  const seq = await group.say('bob', 'hello');
  await group.submit('alice', { addMembers: { userIds: [idOf('erin')] } });
  await group.submit('dave', { removeMember: { userId: idOf('dave') } });
  await reach(group, 'alice', seq, 1);
  await reach(group, 'carol', 0, seq);
  expect(await receipts(group, 'bob', seq)).toEqual({
    state: { alice: 'delivered', carol: 'read' },
    counts: [2, 2, 1],
    nextCursor: undefined,
  });
  // Erin came later, and sees the message as the settings say: she is told the same.
  expect((await receipts(group, 'erin', seq)).counts).toEqual([2, 2, 1]);
});

it('pages go on behind the last name, and count all of them', async () => {
  await using group = await GroupUnderTest.of('bob', 'carol', 'dave');
  const seq = await group.say('alice', 'hello');
  const first = await receipts(group, 'alice', seq, { limit: 2 });
  const second = await receipts(group, 'alice', seq, { limit: 2, cursor: first.nextCursor as string });
  expect({ ...first.state, ...second.state }).toEqual({ bob: 'sent', carol: 'sent', dave: 'sent' });
  expect([first.counts, second.counts, second.nextCursor]).toEqual([[3, 0, 0], [3, 0, 0], undefined]);
  const ask = { userId: idOf('alice'), conversationId: group.id, seq, limit: 501 };
  expect(await codeOf(group.messages.listReceipts(ask))).toBe('INVALID');
});

it('nobody is told of a message that they may not see, or that is none', async () => {
  await using group = await GroupUnderTest.of('bob', 'dave');
  const seq = await group.say('alice', 'hello');
  const gone = await group.say('alice', 'gone');
  await group.submit('alice', { delete: { seq: gone } });
  await group.submit('alice', { addMembers: { userIds: [idOf('erin')] } });
  await group.submit('dave', { removeMember: { userId: idOf('dave') } });
  for (const call of [group.messages.listReceipts, group.messages.listReactions]) {
    const code = (name: string, at: number): Promise<string> =>
      codeOf(call({ userId: idOf(name), conversationId: group.id, seq: at }));
    expect(await code('bob', seq)).toBe('answered');
    expect(await code('erin', seq)).toBe('NOT_FOUND');
    expect(await code('dave', seq)).toBe('NOT_A_MEMBER');
    expect(await code('carol', seq)).toBe('NOT_FOUND');
    for (const none of [1, gone, gone + 1, 99]) expect(await code('bob', none)).toBe('NOT_FOUND');
  }
});

it('reactions are told with who gave them, page by page', async () => {
  await using group = await GroupUnderTest.of('bob', 'carol');
  const seq = await group.say('alice', 'hello');
  for (const [name, emoji] of [
    ['alice', '👍'],
    ['bob', '👍'],
    ['carol', '🎉'],
  ] as const)
    await group.submit(name, { react: { seq, emoji } });
  const given: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const asked = {
      userId: idOf('bob'),
      conversationId: group.id,
      seq,
      limit: 1,
      ...(cursor !== undefined && { cursor }),
    };
    const { items = [], nextCursor } = await group.messages.listReactions(asked);
    given.push(...items.map(({ emoji, userId }) => `${emoji} ${nameOf(userId)}`));
    cursor = nextCursor;
    if (cursor === undefined) break;
  }
  expect(given.toSorted()).toEqual(['👍 alice', '👍 bob', '🎉 carol'].toSorted());
});

it('a sync tells of the members, not of those who went', async () => {
  await using group = await GroupUnderTest.of('bob', 'carol');
  await group.submit('alice', { removeMember: { userId: idOf('bob') } });
  const { page } = await group.messages.sync({ userId: idOf('alice'), sync: {} });
  const told = (page?.conversations?.[0]?.receipts ?? []).map(({ userId }) => nameOf(userId));
  expect(told.toSorted()).toEqual(['alice', 'carol']);
});

it('an invite says where it leads as long as it is good, and never to whoever is banned', async () => {
  await using group = await GroupUnderTest.of('bob');
  await group.submit('alice', { rename: { description: 'We sing', pictureUrl: 'https://example.org/a.png' } });
  await group.submit('alice', { createInvite: { inviteId: 'i', expiresInMs: 0, maxUses: 1 } });
  const preview = (name: string, inviteId = 'i') =>
    group.messages.previewInvite({ userId: idOf(name), conversationId: group.id, inviteId });
  const { conversation } = await preview('carol');
  expect(conversation).toMatchObject({
    title: 'Team',
    description: 'We sing',
    pictureUrl: 'https://example.org/a.png',
    memberCount: 2,
    role: 'none',
  });
  expect(conversation?.settings).toBeUndefined();
  expect((await preview('bob')).conversation?.role).toBe('member');
  await group.submit('alice', { ban: { userId: idOf('dave') } });
  expect(await codeOf(preview('dave'))).toBe('NOT_FOUND');
  expect(await codeOf(preview('carol', 'another'))).toBe('NOT_FOUND');
  await group.submit('carol', { join: { inviteId: 'i' } });
  expect(await codeOf(preview('erin'))).toBe('NOT_FOUND');
});
