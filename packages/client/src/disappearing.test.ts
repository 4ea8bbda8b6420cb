/** Messages that disappear from this device: at their time, whatever the server has done by then. */
import { Content, Conversation, Event, type Message } from '@clatter/wire';
import { expect, test } from 'vitest';
import { ConversationState } from './conversation.ts';
import type { Conversations } from './conversations.ts';
import { Disappearing } from './disappearing.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

const START_MS = 1_800_000_000_000;

function device() {
  const clock = new VirtualClock();
  const states: ConversationState[] = [];
  const changed: string[] = [];
  const conversations = { all: () => states, changed: (state: ConversationState) => void changed.push(state.id) };
  const disappearing = new Disappearing({ clock, conversations: () => conversations as unknown as Conversations });
  const state = new ConversationState(
    'c',
    () => 'alice',
    () => disappearing.nowMs(),
  );
  state.describe(Conversation.create({ conversationId: 'c', kind: 'group', role: 'member' }), 1);
  states.push(state);
  let seq = 0;
  const take = (body: Partial<Event>): number => {
    const event = Event.create({ conversationId: 'c', senderId: 'bob', seq: ++seq, messageNo: seq, ...body });
    state.timeline.add(event);
    state.timeline.change(event);
    state.advance(event);
    disappearing.changed(state);
    return seq;
  };
  const say = (body: string, expiresAtMs?: number): number =>
    take({
      message: {
        messageId: `m${seq}`,
        content: Content.create({ text: { body, mentions: [] } }),
        edited: false,
        deleted: false,
        reactions: [],
        expiresAtMs,
      } as Message,
    });
  const lines = (): string[] =>
    state
      .entries()
      .map((entry) => (entry.kind === 'message' ? (entry.message.content?.text?.body ?? 'deleted') : 'event'));
  return { clock, state, disappearing, changed, take, say, lines };
}

test('a message is no line any more when its time is up, and its content is kept nowhere', async () => {
  const { clock, state, changed, say, lines } = device();
  say('stays');
  say('goes first', START_MS + 5000);
  say('goes later', START_MS + 60_000);
  expect(lines()).toEqual(['stays', 'goes first', 'goes later']);
  expect(state.entries()[1]).toMatchObject({ message: { expiresAtMs: START_MS + 5000 } });
  await clock.pass(5000);
  expect(lines()).toEqual(['stays', 'goes later']);
  expect(changed).toEqual(['c']);
  expect(state.serialize()).not.toContain('goes first');
  await clock.pass(55_000);
  expect(lines()).toEqual(['stays']);
  expect(state.view().lastMessage?.content?.text?.body).toBe('stays');
  expect(state.serialize()).not.toContain('goes later');
});

test("the time is the server's, where it has told it", async () => {
  const { clock, disappearing, say, lines } = device();
  disappearing.told(START_MS + 30_000);
  say('goes', START_MS + 60_000);
  await clock.pass(29_000);
  expect(lines()).toEqual(['goes']);
  await clock.pass(1000);
  expect(lines()).toEqual([]);
});

test('what was kept over a restart goes at once where its time has passed meanwhile', async () => {
  const before = device();
  before.say('stays');
  before.say('goes', START_MS + 5000);
  const after = device();
  after.state.restore(before.state.serialize());
  expect(after.lines()).toEqual(['stays', 'goes']);
  await after.clock.pass(10_000);
  after.disappearing.look();
  expect(after.lines()).toEqual(['stays']);
  expect(after.state.serialize()).not.toContain('goes');
});

test('an event that says so blanks messages before their time here is up, and is no line', async () => {
  const { state, say, take, lines } = device();
  const seq = say('goes', START_MS + 5000);
  take({ expired: { seqs: [seq, 99] } });
  expect(lines()).toEqual(['deleted']);
  expect(state.serialize()).not.toContain('goes');
});

test('an own message that was shown when it was acknowledged learns from its event when it disappears', async () => {
  const { clock, state, disappearing, say, lines } = device();
  const seq = say('mine');
  const known = state.timeline.at(seq) as Event;
  expect(
    state.timeline.add({ ...known, message: { ...(known.message as Message), expiresAtMs: START_MS + 5000 } }),
  ).toBe('known');
  disappearing.changed(state);
  await clock.pass(5000);
  expect(lines()).toEqual([]);
});

test('a page that shows it as it is now, without content, brings nothing back', async () => {
  const { clock, state, say, lines } = device();
  const seq = say('goes', START_MS + 5000);
  const shown = state.timeline.at(seq) as Event;
  await clock.pass(6000);
  state.timeline.merge(
    [{ ...shown, message: { ...(shown.message as Message), content: undefined, deleted: true } }],
    false,
  );
  expect(lines()).toEqual([]);
});
