/**
 * A member is removed on a real Cassandra, and the owner dies between the log and the rows that follow from it: until another owner has
 * taken over, whoever was removed read on, for the row of their membership still said that they are a member.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CassandraUnderTest, cassandraUnderTest } from './adapters/cassandra-under-test.ts';
import { GroupUnderTest, idOf } from './adapters/group-under-test.ts';
import type { MessageStore } from './ports.ts';

const NOTHING = { conversations: [], members: [], inbox: [], receipts: [], rewrites: [], timers: [] };
const text = (body: string) => ({ send: { content: { text: { body } } } });

let cassandra: CassandraUnderTest;
let store: MessageStore;
/** Whether owners die before the projections. */
let dying = false;

beforeAll(async () => {
  cassandra = await cassandraUnderTest();
  const whole = await cassandra.open();
  store = { ...whole, write: (batch) => whole.write(dying ? { ...batch, projections: NOTHING } : batch) };
});
afterAll(async () => {
  await store.close();
  await cassandra.drop();
});

async function groupThatRemovesBob(last: string): Promise<{ group: GroupUnderTest; removedSeq: number }> {
  dying = false;
  const group = await GroupUnderTest.in(store, 'bob', 'carol');
  await group.say('alice', 'before');
  dying = true;
  // One batch of the owner: what comes after the removal is written with it.
  const [removal] = await group.submitTogether([
    { sender: 'alice', body: { removeMember: { userId: idOf('bob') } } },
    { sender: 'alice', body: { rename: { title: last } } },
    { sender: 'carol', body: text(last) },
  ]);
  return { group, removedSeq: removal?.event?.seq as number };
}

it('who was removed reads nothing beyond, whatever is asked', async () => {
  const { group, removedSeq } = await groupThatRemovesBob('secret');
  const conversationId = group.id;
  const userId = idOf('bob');
  expect((await store.readMember(conversationId, userId))?.role).toBe('member');
  for (const history of [{ afterSeq: removedSeq }, { afterSeq: removedSeq - 1 }, { aroundSeq: removedSeq }, {}])
    await expect(group.messages.history({ userId, history: { conversationId, ...history } })).rejects.toMatchObject({
      code: 'NOT_A_MEMBER',
    });
  await expect(group.messages.getConversation({ userId, conversationId })).rejects.toMatchObject({
    code: 'NOT_A_MEMBER',
  });
  await expect(group.messages.listMembers({ userId, conversationId })).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
  const { items } = await group.messages.listConversations({ userId });
  expect(items).toEqual([]);
  for (const seq of [1, removedSeq - 1, removedSeq]) {
    const { page } = await group.messages.sync({ userId, sync: { known: [{ conversationId, seq }] } });
    expect(JSON.stringify(page)).not.toContain('secret');
    const [conversation] = page?.conversations ?? [];
    expect(conversation).toMatchObject({ headSeq: removedSeq, conversation: { role: 'none', title: '' } });
    const known = Array.from({ length: removedSeq - seq }, (_, index) => seq + 1 + index);
    expect(conversation?.events?.map((event) => event.seq)).toEqual(known);
  }
});

it('the others read on', async () => {
  const { group, removedSeq } = await groupThatRemovesBob('not secret');
  const { page } = await group.messages.history({
    userId: idOf('carol'),
    history: { conversationId: group.id, afterSeq: removedSeq },
  });
  expect(JSON.stringify(page)).toContain('not secret');
});

it('a mark whose event never came to the log hides nothing', async () => {
  // A log that was replaced after a disaster may lack the command that had the member leave.
  dying = false;
  const group = await GroupUnderTest.in(store, 'bob');
  const mark = { conversationId: group.id, userId: idOf('bob'), seq: 3, position: 50 };
  await store.write({ leavings: [mark], logs: [], projections: NOTHING });
  await group.say('alice', 'two');
  await group.say('alice', 'three');
  await group.say('alice', 'four');
  const { page } = await group.messages.history({ userId: idOf('bob'), history: { conversationId: group.id } });
  expect(page?.events?.map((event) => event.seq)).toEqual([1, 2, 3, 4]);
});
