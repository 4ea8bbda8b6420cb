/** What a conversation is, by the server's word and by the events that come after it. */
import { Conversation, Event } from '@clatter/wire';
import { expect, test } from 'vitest';
import { ConversationState } from './conversation.ts';

const settings = {
  sendRole: 'member',
  addRole: 'admin',
  fullHistory: false,
  disappearAfterSeconds: 0,
  mentionAllRole: 'admin',
  pinRole: 'member',
} as const;
const group = Conversation.create({
  conversationId: 'c',
  kind: 'group',
  title: 'Choir',
  memberCount: 3,
  role: 'member',
  settings,
});
const nobody = { added: [], removedIds: [], changed: [], bannedIds: [], unbannedIds: [] };

function described(): { state: ConversationState; take: (body: Partial<Event>) => void } {
  const state = new ConversationState('c', () => 'alice');
  state.describe(group, 5);
  let seq = 5;
  const take = (body: Partial<Event>): void => {
    const event = Event.create({ conversationId: 'c', senderId: 'bob', seq: ++seq, ...body });
    state.timeline.merge([event], false);
    state.advance(event);
  };
  return { state, take };
}

test('settings and pictures are what the newest event says', () => {
  const { state, take } = described();
  take({ settingsChanged: { settings: { ...settings, sendRole: 'admin' } } });
  take({ renamed: { title: 'Choir 2', description: '', pictureUrl: 'https://example.org/a.png' } });
  expect(state.view()).toMatchObject({
    title: 'Choir 2',
    pictureUrl: 'https://example.org/a.png',
    settings: { sendRole: 'admin', addRole: 'admin' },
  });
  take({ renamed: { title: 'Choir 3', description: '', pictureUrl: undefined } });
  expect(state.view()).toMatchObject({ title: 'Choir 3', pictureUrl: undefined });
  expect(state.entries()).toHaveLength(3);
});

test('a group that one was removed from stays what it was, though the server says nothing of it any more', () => {
  const { state, take } = described();
  take({ membersChanged: { ...nobody, removedIds: ['alice'], bannedIds: ['alice'] } });
  state.describe(Conversation.create({ conversationId: 'c', kind: 'group' }), 6);
  expect(state.view()).toMatchObject({ title: 'Choir', role: 'none', settings });
});

test('an event of a kind that is not known is no line', () => {
  const { state, take } = described();
  take({});
  expect(state.entries()).toEqual([]);
});

/** What the tick of an own message says. */
function tickOf(state: ConversationState): () => string | undefined {
  return () => {
    const entry = state.entries().find(({ kind }) => kind === 'message');
    return entry?.kind === 'message' ? entry.message.status : undefined;
  };
}

const message = { messageId: 'm', edited: false, deleted: false, reactions: [] } as never;
const receipt = (userId: string, deliveredSeq: number, readSeq: number) => ({
  conversationId: 'c',
  userId,
  deliveredSeq,
  readSeq,
});

test('a tick of a group waits for all who are in it, not for who went, and whoever comes takes nothing back', () => {
  const { state, take } = described();
  take({ message, senderId: 'alice' });
  const tick = tickOf(state);
  const { headSeq } = state;
  state.receipt(receipt('bob', headSeq, headSeq));
  state.receipt(receipt('carol', headSeq, 0));
  expect(tick()).toBe('delivered');
  take({ membersChanged: { ...nobody, removedIds: ['carol'] } });
  expect(tick()).toBe('read');
  const added = [{ userId: 'dave', role: 'member', joinedSeq: 8, visibleFromSeq: 8 }] as never;
  take({ membersChanged: { ...nobody, added } });
  expect(tick()).toBe('read');
});

test('a sync says who is in a group: the receipts of all others go, but not for an older page', () => {
  const { state, take } = described();
  take({ message, senderId: 'alice' });
  const tick = tickOf(state);
  const { headSeq } = state;
  for (const name of ['bob', 'carol']) state.receipt(receipt(name, headSeq, headSeq));
  const page = [receipt('alice', 1, 1), receipt('bob', headSeq, 0)];
  state.allReceipts(page, headSeq - 1);
  expect(tick()).toBe('read');
  state.allReceipts(page, headSeq);
  // Carol is none any more; of Bob nothing goes back.
  expect([...state.receipts.keys()]).toEqual(['bob', 'alice']);
  expect(state.receipts.get('bob')).toEqual({ deliveredSeq: headSeq, readSeq: headSeq });
});
