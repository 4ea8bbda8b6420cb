/** What this device knows of the person's own log. */
import { type Ack, ClatterError, type ClientFrame, ConversationFlags, Event, type Input } from '@clatter/wire';
import { describe, expect, test } from 'vitest';
import { ConversationState } from './conversation.ts';
import { Own } from './own.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

const ME = 'me';

function device() {
  const clock = new VirtualClock();
  const states = new Map<string, ConversationState>();
  const get = (id: string): ConversationState => {
    const state =
      states.get(id) ??
      new ConversationState(
        id,
        () => ME,
        () => clock.nowMs(),
      );
    states.set(id, state);
    return state;
  };
  const sent: { frame: Input<ClientFrame>; resolve: (ack: Ack) => void; reject: (error: Error) => void }[] = [];
  let id = 0;
  const own = new Own({
    clock,
    newId: () => `id ${++id}`,
    conversations: { get, find: (key) => states.get(key), changed: () => undefined },
    outbox: {
      add: (frame) => new Promise((resolve, reject) => void sent.push({ frame, resolve, reject })),
    },
    onError: (error) => {
      throw error;
    },
  });
  return { clock, own, get, sent, view: (key = 'c') => get(key).view() };
}

const flagsChanged = (seq: number, flags: Partial<ConversationFlags>, order?: string[]): Event =>
  Event.create({
    conversationId: ME,
    seq,
    flagsChanged: {
      conversationId: 'c',
      flags: ConversationFlags.create({ ...flags, ownSeq: seq }),
      pinOrder: order && { conversationIds: order },
    },
  });
const ack = (seq: number): Ack => ({ conversationId: ME, messageId: 'id 1', seq, messageNo: 0, sentAtMs: 1 });

describe('flags', () => {
  test('are shown at once, and stay whichever of ack and event comes first', () => {
    for (const order of ['ack', 'event']) {
      const { own, view } = device();
      void own.setFlags('c', { muted: true });
      expect(view().mutedUntilMs).toBe(Number.POSITIVE_INFINITY);
      if (order === 'ack') own.onAck('id 1', ack(1));
      expect(own.onEvent(flagsChanged(1, { muted: true }))).toBe(true);
      if (order === 'event') own.onAck('id 1', ack(1));
      expect(view().mutedUntilMs).toBe(Number.POSITIVE_INFINITY);
      own.onEvent(flagsChanged(2, { muted: false }));
      expect(view().mutedUntilMs).toBe(0);
    }
  });

  test('are taken back where they are refused', () => {
    const { own, view } = device();
    void own.setFlags('c', { pinned: true });
    expect(view().pinPlace).toBe(1);
    expect(own.onRefused('id 1')).toBe(true);
    expect(view().pinPlace).toBe(0);
    expect(own.onRefused('of a message')).toBe(false);
  });

  test('of a sync do not take back what a newer event said', () => {
    const { own, get, view } = device();
    own.onEvent(flagsChanged(5, { markedUnread: true }));
    const standing = { headSeq: 1, messageNo: 0, readSeq: 0, unread: 0, lastActivityMs: 1, mentions: 0 };
    get('c').stand({ ...standing, flags: ConversationFlags.create({ ownSeq: 4 }) });
    expect(view().markedUnread).toBe(true);
    get('c').stand({ ...standing, flags: ConversationFlags.create({ ownSeq: 6 }) });
    expect(view().markedUnread).toBe(false);
  });

  test('say that events were missed, and give all pinned ones their places', () => {
    const { own, view, get } = device();
    get('a');
    expect(own.onEvent(flagsChanged(3, { pinned: true, pinPlace: 2 }, ['a', 'c']))).toBe(true);
    expect([view('a').pinPlace, view('c').pinPlace]).toEqual([1, 2]);
    expect(own.onEvent(flagsChanged(5, {}))).toBe(false);
  });

  test('of an archive end with a message that was not known, but while it is muted', () => {
    const { own, get, view, sent } = device();
    const standing = { headSeq: 3, messageNo: 2, readSeq: 0, unread: 0, lastActivityMs: 50, mentions: 0 };
    get('c').stand(standing);
    void own.setFlags('c', { archived: true });
    expect(sent[0]?.frame.setFlags).toMatchObject({ archived: true, messageNo: 2 });
    expect(view().archived).toBe(true);
    get('c').stand({ ...standing, headSeq: 4, messageNo: 3, lastActivityMs: 60 });
    expect(view().archived).toBe(false);
    // Muting is no way back.
    void own.setFlags('c', { muted: true });
    own.onAck('id 1', ack(1));
    expect(sent.at(-1)?.frame.setFlags).toMatchObject({ archived: false, muted: true });
    expect(view().archived).toBe(false);
  });
});

describe('a draft', () => {
  test('is sent when nobody wrote for a moment, one command at a time', async () => {
    const { own, clock, sent, view } = device();
    for (const text of ['h', 'he', 'hel']) own.setDraft('c', text);
    expect(view().draft?.text).toBe('hel');
    expect(sent).toHaveLength(0);
    await clock.pass(2100);
    expect(sent.map(({ frame }) => frame.setDraft?.text)).toEqual(['hel']);
    own.setDraft('c', 'hell');
    await clock.pass(2100);
    own.setDraft('c', 'hello');
    await clock.pass(2100);
    expect(sent).toHaveLength(1);
    sent[0]?.resolve(ack(1));
    await clock.pass(1);
    expect(sent.map(({ frame }) => frame.setDraft?.text)).toEqual(['hel', 'hello']);
  });

  const heard = (seq: number, text: string): Event =>
    Event.create({
      conversationId: ME,
      seq,
      draftChanged: { conversationId: 'c', hasDraft: true, draft: { text, changedAtMs: 1 } },
    });

  test('of another device does not take the place of what is being written here', () => {
    const { own, view } = device();
    own.onEvent(heard(1, 'from the phone'));
    expect(view().draft?.text).toBe('from the phone');
    own.setDraft('c', 'from here');
    own.onEvent(heard(2, 'late'));
    expect(view().draft?.text).toBe('from here');
  });

  test('is not taken back by what the server says while it is on its way, nor by a sync', async () => {
    const { own, get, clock, sent, view } = device();
    own.setDraft('c', 'ab');
    await clock.pass(2100);
    own.onEvent(heard(3, 'of another device, before'));
    expect(view().draft?.text).toBe('ab');
    const standing = { headSeq: 1, messageNo: 0, readSeq: 0, unread: 0, lastActivityMs: 1, mentions: 0 };
    get('c').stand({ ...standing, flags: ConversationFlags.create({ ownSeq: 3 }) });
    expect(view().draft?.text).toBe('ab');
    sent[0]?.resolve(ack(4));
    await clock.pass(1);
    expect(view().draft?.text).toBe('ab');
    own.onEvent(heard(5, 'after'));
    expect(view().draft?.text).toBe('after');
  });

  test('that another device wrote behind it is shown once both are known', async () => {
    const { own, clock, sent, view } = device();
    own.setDraft('c', 'ab');
    await clock.pass(2100);
    own.onEvent(heard(5, 'behind'));
    sent[0]?.resolve(ack(4));
    await clock.pass(1);
    expect(view().draft?.text).toBe('behind');
  });

  test('of a message that is sent before the server heard of the draft costs no command', async () => {
    const { own, clock, sent, view } = device();
    own.setDraft('c', 'x');
    own.setDraft('c', '');
    await clock.pass(2100);
    expect(sent).toHaveLength(0);
    expect(view().draft).toBeUndefined();
    own.onEvent(heard(1, 'of another device'));
    expect(view().draft?.text).toBe('of another device');
    own.setDraft('c', '');
    expect(sent.map(({ frame }) => frame.setDraft?.text)).toEqual(['']);
  });

  test('that is cleared goes at once, and a refusal ends its command', async () => {
    const { own, clock, sent } = device();
    own.onEvent(heard(1, 'x'));
    own.setDraft('c', '');
    expect(sent.map(({ frame }) => frame.setDraft?.text)).toEqual(['']);
    sent[0]?.reject(new ClatterError('TOO_LARGE', 'no'));
    own.setDraft('c', 'again');
    await clock.pass(2100);
    expect(sent).toHaveLength(2);
  });
});

test('a message deleted for oneself is no line any more, and its place stays', () => {
  const { own, get } = device();
  const state = get('c');
  const message = (seq: number): Event =>
    Event.create({
      conversationId: 'c',
      seq,
      senderId: 'bob',
      message: { messageId: `m${seq}`, content: { text: { body: `${seq}`, mentions: [] } }, reactions: [] } as never,
    });
  state.timeline.merge([message(1), message(2), message(3)], true);
  for (const event of state.timeline.events) state.advance(event);
  void own.deleteForMe('c', 3);
  own.onEvent(Event.create({ conversationId: ME, seq: 1, deletedForMe: { conversationId: 'c', seq: 2 } }));
  expect(state.entries().map((entry) => entry.kind === 'message' && entry.message.seq)).toEqual([1]);
  expect(state.timeline.events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  expect(state.view().lastMessage?.seq).toBe(1);
});
