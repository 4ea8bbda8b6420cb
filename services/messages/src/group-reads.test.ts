/** What of a group each person reads, on every path there is: after joining late, after being removed, and after coming back. */
import { Event, type HistoryPage, type SyncConversation } from '@clatter/wire';
import { expect, it } from 'vitest';
import { GroupUnderTest, idOf, READ_MS } from './adapters/group-under-test.ts';

const textOf = (event: Event): string => event.message?.content?.text?.body ?? '';

async function history(group: GroupUnderTest, name: string, afterSeq?: number): Promise<Event[]> {
  const { page } = await group.messages.history({
    userId: idOf(name),
    history: { conversationId: group.id, limit: 100, ...(afterSeq !== undefined && { afterSeq }) },
  });
  return (page as HistoryPage).events;
}

async function sync(group: GroupUnderTest, name: string, known?: number): Promise<SyncConversation | undefined> {
  const seqs = known === undefined ? [] : [{ conversationId: group.id, seq: known }];
  const { page } = await group.messages.sync({ userId: idOf(name), sync: { known: seqs } });
  return page?.conversations?.[0] as SyncConversation | undefined;
}

/** Everything that a person can get hold of, as one text. */
async function everything(group: GroupUnderTest, name: string): Promise<string> {
  const userId = idOf(name);
  const caught = async (read: Promise<unknown>): Promise<unknown> => read.catch((error) => error.code);
  const reads = [
    history(group, name, 0),
    history(group, name),
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((seq) => [
      group.messages.history({ userId, history: { conversationId: group.id, aroundSeq: seq, limit: 3 } }),
      group.messages.history({ userId, history: { conversationId: group.id, beforeSeq: seq, limit: 3 } }),
      group.messages.history({ userId, history: { conversationId: group.id, afterSeq: seq, limit: 3 } }),
    ]),
    sync(group, name),
    sync(group, name, 1),
    group.messages.listConversations({ userId }),
    group.messages.getConversation({ userId, conversationId: group.id }),
    group.messages.listMembers({ userId, conversationId: group.id }),
  ];
  return JSON.stringify(await Promise.all(reads.map(caught)));
}

it('who joins sees what comes, unless the history is open; what the settings become later changes nothing', async () => {
  await using group = await GroupUnderTest.of('bob');
  await group.say('alice', 'early');
  await group.submit('alice', { addMembers: { userIds: [idOf('carol')] } });
  await group.submit('alice', { changeSettings: { fullHistory: true } });
  await group.submit('alice', { addMembers: { userIds: [idOf('dave')] } });
  await group.submit('alice', { changeSettings: { fullHistory: false } });
  const now = await group.say('bob', 'now');

  expect(await everything(group, 'carol')).not.toContain('early');
  expect((await history(group, 'carol')).map(({ seq }) => seq)).toEqual([3, 4, 5, 6, now]);
  expect((await sync(group, 'carol'))?.events.map(({ seq }) => seq)).toEqual([3, 4, 5, 6, now]);
  expect((await history(group, 'dave')).map(textOf)).toContain('early');
  expect((await sync(group, 'dave'))?.events[0]?.seq).toBe(1);
  const { items = [] } = await group.messages.listMembers({ userId: idOf('bob'), conversationId: group.id });
  const from = Object.fromEntries(items.map(({ userId, visibleFromSeq }) => [userId, visibleFromSeq]));
  expect(from).toEqual({ [idOf('alice')]: 1, [idOf('bob')]: 1, [idOf('carol')]: 3, [idOf('dave')]: 1 });
});

it('the last message of a list is one that the person may see', async () => {
  await using group = await GroupUnderTest.of('bob');
  await group.say('alice', 'early');
  await group.submit('alice', { addMembers: { userIds: [idOf('carol')] } });
  const last = async (name: string): Promise<string | undefined> => {
    const { items } = await group.messages.listConversations({ userId: idOf(name) });
    const event = items?.[0]?.lastMessage;
    return event && textOf(Event.create(event as Event));
  };
  expect([await last('bob'), await last('carol')]).toEqual(['early', undefined]);
});

it('what a member may not see they neither answer nor touch, unless it is their own', async () => {
  await using group = await GroupUnderTest.of('bob', 'carol');
  const hers = await group.say('carol', 'hers');
  const his = await group.say('bob', 'his');
  await group.submit('carol', { removeMember: { userId: idOf('carol') } });
  await group.submit('alice', { addMembers: { userIds: [idOf('carol')] } });
  await group.submit('alice', { setRole: { userId: idOf('carol'), role: 'admin' } });
  const content = { text: { body: 'x' } };
  expect(await group.code('carol', { send: { content, replyToSeq: his } })).toBe('INVALID');
  expect(await group.code('carol', { react: { seq: his, emoji: '👍' } })).toBe('NOT_FOUND');
  expect(await group.code('carol', { delete: { seq: his } })).toBe('NOT_FOUND');
  expect(await group.code('carol', { edit: { seq: hers, content } })).toBe('ack');
  expect(await group.code('carol', { delete: { seq: hers } })).toBe('ack');
  expect(await group.code('bob', { send: { content, replyToSeq: his } })).toBe('ack');
});

it('the edit of a message that a member may not see comes to them without its content, live and later', async () => {
  await using group = await GroupUnderTest.of('bob');
  const seq = await group.say('bob', 'early');
  await group.submit('alice', { addMembers: { userIds: [idOf('carol')] } });
  const edit = await group.submit('bob', { edit: { seq, content: { text: { body: 'secret' } } } });
  expect(edit.blind).toEqual([idOf('carol')]);
  expect(await everything(group, 'carol')).not.toContain('secret');
  expect((await history(group, 'carol')).at(-1)?.edited).toEqual({ seq, content: undefined });
  expect(await everything(group, 'alice')).toContain('secret');
});

it('who is removed keeps what they had, and nothing of what came after reaches them', async () => {
  await using group = await GroupUnderTest.of('bob', 'carol');
  const plain = await group.say('alice', 'plain');
  const edited = await group.say('alice', 'before');
  const liked = await group.say('alice', 'liked');
  const removal = await group.submit('alice', { removeMember: { userId: idOf('bob') } });
  expect(removal.recipients).toContain(idOf('bob'));
  const after = [
    await group.submit('alice', { edit: { seq: edited, content: { text: { body: 'secret' } } } }),
    await group.submit('carol', { react: { seq: liked, emoji: '🤫' } }),
    await group.submit('alice', { rename: { title: 'secret title', description: 'secret description' } }),
    await group.submit('carol', { send: { content: { text: { body: 'secret too' } } } }),
  ];
  for (const { recipients } of after) expect(recipients).not.toContain(idOf('bob'));

  const all = await everything(group, 'bob');
  expect(all).not.toContain('secret');
  expect(all).not.toContain('🤫');
  await expect(history(group, 'bob')).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
  const { items } = await group.messages.listConversations({ userId: idOf('bob') });
  expect(items).toEqual([]);
  expect(await group.code('bob', { send: { content: { text: { body: 'still here?' } } } })).toBe('NOT_A_MEMBER');

  const rest = (await sync(group, 'bob', 1)) as SyncConversation;
  expect(rest.conversation).toMatchObject({ title: '', description: '', memberCount: 0, role: 'none' });
  expect(rest.receipts).toEqual([]);
  expect(rest.headSeq).toBe(removal.event?.seq);
  expect(rest.events.map(({ seq }) => seq)).toEqual([plain, edited, liked, removal.event?.seq]);
  expect(rest.events.map(textOf)).toEqual(['plain', '', 'liked', '']);
  expect(rest.events.flatMap(({ message }) => message?.reactions ?? [])).toEqual([]);
  // Who never held the conversation has nothing to learn of it.
  expect(await sync(group, 'bob')).toBeUndefined();
});

it('who was removed hears nothing of it when the others read on', async () => {
  await using group = await GroupUnderTest.of('bob', 'carol');
  await group.submit('alice', { removeMember: { userId: idOf('bob') } });
  const knownBy = async (name: string): Promise<number | undefined> => {
    const userId = idOf(name);
    const known = [{ conversationId: group.id, seq: group.outcomes.length }];
    const { page } = await group.messages.sync({ userId, sync: { known } });
    const conversationId = group.id;
    const receipt = { deliveredSeq: 3, readSeq: 3, readMessageNo: 0, updatedAtMs: READ_MS };
    await group.store.writeReceipts([{ conversationId, userId: idOf('alice'), ...receipt }]);
    const next = await group.messages.sync({ userId, sync: { known, cursor: page?.cursor } });
    return next.page?.conversations?.length;
  };
  expect([await knownBy('carol'), await knownBy('bob')]).toEqual([1, 0]);
});

it('what is deleted after a removal is deleted for who was removed too', async () => {
  await using group = await GroupUnderTest.of('bob');
  const seq = await group.say('alice', 'regretted');
  await group.submit('bob', { removeMember: { userId: idOf('bob') } });
  await group.submit('alice', { delete: { seq } });
  expect(await everything(group, 'bob')).not.toContain('regretted');
});

it.each([false, true])('who comes back sees what the settings say then (fullHistory: %s)', async (fullHistory) => {
  await using group = await GroupUnderTest.of('bob');
  await group.say('alice', 'first stay');
  await group.submit('alice', { removeMember: { userId: idOf('bob') } });
  const between = await group.say('alice', 'between');
  await group.submit('alice', { changeSettings: { fullHistory } });
  const back = await group.submit('alice', { addMembers: { userIds: [idOf('bob')] } });
  await group.say('alice', 'second stay');

  const all = await everything(group, 'bob');
  expect(all).toContain('second stay');
  expect([all.includes('between'), all.includes('first stay')]).toEqual([fullHistory, fullHistory]);
  const seqs = (await history(group, 'bob', 0)).map(({ seq }) => seq);
  const from = fullHistory ? 1 : (back.event?.seq as number);
  expect(seqs).toEqual(Array.from({ length: group.outcomes.length - from + 1 }, (_, i) => from + i));
  // A device that held the first stay goes on from there, or from the new one.
  const known = (await sync(group, 'bob', 3)) as SyncConversation;
  expect(known.events[0]?.seq).toBe(fullHistory ? between : back.event?.seq);
});
