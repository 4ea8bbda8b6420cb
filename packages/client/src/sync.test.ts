import type { Event } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { ClatterClient } from './client.ts';
import { MemoryStorage } from './storage.ts';
import { FakePlatform } from './testing/fake-platform.ts';
import { VirtualClock } from './testing/virtual-clock.ts';
import type { FrameTap, MessageView } from './types.ts';

/** Alice, connected and synced, and what she was told. */
async function alice(prepare: (platform: FakePlatform) => void = () => undefined) {
  const clock = new VirtualClock();
  const platform = new FakePlatform(clock);
  prepare(platform);
  const heard: Event[] = [];
  const gaps: object[] = [];
  const errors: Error[] = [];
  const asked = new Map<string, number[]>();
  const tap: FrameTap = {
    onSent: ({ sync }) => {
      for (const { conversationId, seq } of sync?.known ?? [])
        asked.set(conversationId ?? '', [...(asked.get(conversationId ?? '') ?? []), seq ?? 0]);
    },
    onReceived: () => undefined,
  };
  const registering = ClatterClient.register({ ...platform.options(), tap }, { username: 'alice', password: 'p' });
  await clock.pass(10);
  const client = await registering;
  client.on('event', (event) => heard.push(event));
  client.on('gap', (gap) => gaps.push(gap));
  client.on('error', (error) => errors.push(error));
  client.connect().catch(() => undefined);
  await clock.pass(100);
  expect(client.state).toBe('live');
  return {
    clock,
    platform,
    client,
    heard,
    gaps,
    errors,
    socket: () => platform.socketOf('alice'),
    /** What each sync reported as known of a conversation. */
    known: (id: string): readonly number[] => asked.get(id) ?? [],
    seqs: (id: string) => client.events(id).map(({ seq }) => seq),
    messages: (id: string): MessageView[] =>
      client.timeline(id).flatMap((entry) => (entry.kind === 'message' ? [entry.message] : [])),
    texts: (id: string) =>
      client.timeline(id).flatMap((entry) => (entry.kind === 'message' ? [entry.message.content?.text?.body] : [])),
    async reconnect(whileAway: () => void): Promise<void> {
      platform.isUp = false;
      platform.cut();
      whileAway();
      await clock.pass(20);
      platform.isUp = true;
      await clock.pass(30_000);
      expect(client.state).toBe('live');
    },
  };
}

const joined = (userId: string): Partial<Event> => ({
  membersChanged: {
    added: [{ userId, role: 'member', joinedSeq: 0, visibleFromSeq: 0 }],
    removedIds: [],
    changed: [],
    bannedIds: [],
    unbannedIds: [],
  },
});

const count = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('live events', () => {
  it('are told once each, in order, however often they come', async () => {
    const { platform, heard, socket, clock } = await alice();
    const id = platform.talk('direct', 'alice', 'bob');
    platform.say(id, 'bob', 'one');
    const event = platform.say(id, 'bob', 'two');
    socket().give({ event });
    socket().give({ event });
    await clock.pass(100);
    expect(heard.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('fetch what is missing between them', async () => {
    const { platform, heard, seqs, clock, socket } = await alice();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(100);
    platform.delivers = ({ seq }) => seq !== 3;
    for (const text of ['one', 'two', 'three']) platform.say(id, 'bob', text);
    await clock.pass(100);
    expect(seqs(id)).toEqual([1, 2, 3, 4]);
    expect(heard.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(socket().last('history')?.history).toMatchObject({ afterSeq: 2 });
  });

  it('fetch again where the first try fails', async () => {
    const { platform, seqs, clock, socket } = await alice();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(100);
    const line = socket();
    const { onFrame } = line;
    let refusals = 0;
    line.onFrame = (frame) => {
      if (frame.history && refusals++ < 2)
        return line.give({ ref: frame.ref, reject: { code: 'UNAVAILABLE', message: '', retryAfterMs: 500 } });
      onFrame(frame);
    };
    platform.delivers = ({ seq }) => seq !== 2;
    platform.say(id, 'bob', 'one');
    platform.say(id, 'bob', 'two');
    await clock.pass(500);
    expect(seqs(id)).toEqual([1]);
    await clock.pass(2000);
    expect(seqs(id)).toEqual([1, 2, 3]);
  });

  it('bring a conversation that this device has never seen', async () => {
    const { platform, client, heard, seqs, clock } = await alice();
    const id = platform.talk('group', 'bob', 'carol');
    for (const text of ['one', 'two', 'three']) platform.say(id, 'bob', text);
    platform.append(id, 'bob', joined('alice'));
    await clock.pass(100);
    platform.say(id, 'bob', 'welcome');
    await clock.pass(100);
    expect(seqs(id)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(heard.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    // What its description says already is not counted again.
    expect(client.conversation(id)).toMatchObject({ title: 'Team', memberCount: 3, role: 'member' });
    platform.append(id, 'bob', joined('dave'));
    platform.append(id, 'bob', { renamed: { title: 'Team 2', description: '' } });
    expect(client.conversation(id)).toMatchObject({ title: 'Team 2', memberCount: 4 });
  });

  it('of a fetch that a sync overtakes are told once', async () => {
    // The end of the timeline was read before the page came, so that listeners heard twice of what a sync had told them meanwhile.
    const { platform, heard, clock, socket } = await alice();
    platform.delivers = () => false;
    const id = platform.talk('direct', 'alice', 'bob');
    const event = platform.say(id, 'bob', 'one');
    socket().give({ event });
    socket().give({ resync: {} });
    await clock.pass(1000);
    expect(heard.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('end with the membership, and what is missing up to there comes from a sync', async () => {
    const { platform, client, seqs, clock, heard } = await alice();
    const id = platform.talk('group', 'bob', 'alice');
    await clock.pass(100);
    platform.delivers = ({ seq }) => seq === 4;
    platform.say(id, 'bob', 'one');
    platform.say(id, 'bob', 'two');
    platform.append(id, 'bob', {
      membersChanged: { added: [], removedIds: ['alice'], changed: [], bannedIds: [], unbannedIds: [] },
    });
    platform.say(id, 'bob', 'behind her back');
    await clock.pass(5000);
    expect(seqs(id)).toEqual([1, 2, 3, 4]);
    expect(heard.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(client.conversation(id)?.role).toBe('none');
    const asked = platform.lines.size;
    await clock.pass(60_000);
    expect(platform.lines.size).toBe(asked);
  });
});

describe('a sync', () => {
  it('brings what came while the device was away, and tells of it', async () => {
    const { platform, client, heard, texts, reconnect, clock } = await alice();
    const id = platform.talk('direct', 'alice', 'bob');
    platform.say(id, 'bob', 'before');
    await clock.pass(1000);
    await reconnect(() => {
      platform.say(id, 'bob', 'one');
      platform.say(id, 'bob', 'two');
    });
    expect(texts(id)).toEqual(['before', 'one', 'two']);
    expect(heard.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(client.conversation(id)?.unread).toBe(3);
  });

  it('takes changes of messages that the device holds from what came meanwhile', async () => {
    // A deletion that a device learned of by a sync left the deleted text on its screen.
    const { platform, client, messages, reconnect, clock } = await alice();
    const id = platform.talk('direct', 'alice', 'bob');
    for (const text of ['a secret', 'a typo', 'a joke']) platform.say(id, 'bob', text);
    await clock.pass(1000);
    await reconnect(() => {
      platform.append(id, 'bob', { deleted: { seq: 2 } });
      platform.append(id, 'bob', { edited: { seq: 3, content: { text: { body: 'no typo' } } as never } });
      platform.append(id, 'bob', { reacted: { seq: 4, emoji: '😂', removed: false } });
    });
    expect(messages(id)).toMatchObject([
      { deleted: true, content: undefined },
      { edited: true, content: { text: { body: 'no typo' } } },
      { reactions: [{ emoji: '😂', count: 1 }] },
    ]);
    expect(JSON.stringify([client.events(id), client.conversations()])).not.toContain('secret');
  });

  it('keeps the newest window behind a hole, says so, and history fills it', async () => {
    const { platform, client, gaps, seqs, reconnect, clock } = await alice();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(1000);
    await reconnect(() => {
      for (let index = 0; index < 250; index++) platform.say(id, 'bob', `away ${index}`);
    });
    expect(seqs(id)).toEqual(count(152, 251));
    expect(gaps).toEqual([{ conversationId: id, afterSeq: 1, beforeSeq: 152 }]);
    expect(client.conversation(id)?.unread).toBe(250);
    for (let more = true; more; ) {
      const page = client.loadEarlier(id, 100);
      await clock.pass(10);
      more = await page;
    }
    expect(seqs(id)).toEqual(count(1, 251));
  });

  it('holds the newest of 20,000 events, tells their end as known, and fills the hole page by page', async () => {
    const { platform, client, gaps, seqs, reconnect, clock, known } = await alice();
    const id = platform.talk('direct', 'alice', 'bob');
    for (let index = 0; index < 40; index++) platform.say(id, 'bob', `here ${index}`);
    await clock.pass(1000);
    const head = 41 + 20_000;
    await reconnect(() => {
      for (let index = 0; index < 20_000; index++) platform.say(id, 'bob', 'away');
    });
    expect(known(id).at(-1)).toBe(41);
    expect(seqs(id)).toEqual(count(head - 99, head));
    expect(gaps).toEqual([{ conversationId: id, afterSeq: 41, beforeSeq: head - 99 }]);
    expect(client.conversation(id)).toMatchObject({ headSeq: head, unread: head - 1 });
    for (let pages = 0; pages < 3; pages++) {
      const page = client.loadEarlier(id, 100);
      await clock.pass(10);
      expect(await page).toBe(true);
      expect(seqs(id)).toEqual(count(head - 199 - 100 * pages, head));
    }
    // Again away for a moment: what it holds goes on from its end, without another hole.
    await reconnect(() => void platform.say(id, 'bob', 'once more'));
    expect(known(id).at(-1)).toBe(head);
    expect(seqs(id)).toEqual(count(head - 399, head + 1));
    expect(gaps).toHaveLength(1);
    for (let more = true; more; ) {
      const page = client.loadEarlier(id, 100);
      await clock.pass(10);
      more = await page;
    }
    expect(seqs(id)).toEqual(count(1, head + 1));
  });

  it('does not take a page for the beginning that came when the lines were others', async () => {
    // A sync put a newer window in the place of the lines that a page before was asked for: it was taken to have nothing before it.
    const { platform, client, seqs, reconnect, clock } = await alice();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(1000);
    await reconnect(() => {
      for (let index = 0; index < 150; index++) platform.say(id, 'bob', 'away');
    });
    expect(seqs(id)).toEqual(count(52, 151));
    platform.eventsMs = 60_000;
    const page = client.loadEarlier(id, 100);
    await reconnect(() => {
      for (let index = 0; index < 150; index++) platform.say(id, 'bob', 'away again');
    });
    await clock.pass(60_000);
    expect(await page).toBe(true);
    platform.eventsMs = 1;
    expect(seqs(id)).toEqual(count(202, 301));
    for (let more = true; more; ) {
      const earlier = client.loadEarlier(id, 100);
      await clock.pass(10);
      more = await earlier;
    }
    expect(seqs(id)).toEqual(count(1, 301));
  });

  it('fetches what a full page left out', async () => {
    const { platform, client, seqs, reconnect, clock } = await alice();
    const id = platform.talk('group', 'alice', 'bob');
    await clock.pass(1000);
    platform.pageEvents = 0;
    await reconnect(() => {
      for (let index = 0; index < 30; index++) platform.say(id, 'bob', `away ${index}`);
      platform.append(id, 'bob', joined('carol'));
    });
    expect(seqs(id)).toEqual(count(1, 32));
    // What the page said of the conversation is as of its end.
    expect(client.conversation(id)).toMatchObject({ memberCount: 3, unread: 30, headSeq: 32 });
  });

  it('counts live events that came before its page', async () => {
    const { platform, client, heard, clock, socket } = await alice();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(1000);
    platform.delivers = () => false;
    platform.pageMs = 50;
    platform.say(id, 'bob', 'missed');
    socket().give({ resync: {} });
    await clock.pass(10);
    const live = platform.say(id, 'bob', 'live');
    const line = socket();
    const { onFrame } = line;
    line.onFrame = (frame) => frame.history === undefined && onFrame(frame);
    line.give({ event: live });
    await clock.pass(100);
    expect(heard.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(client.conversation(id)).toMatchObject({ unread: 2, headSeq: 3, lastMessage: { seq: 3 } });
  });

  it('starts from nothing where its cursor is not taken', async () => {
    const storage = new MemoryStorage();
    const clock = new VirtualClock();
    const platform = new FakePlatform(clock);
    const id = platform.talk('direct', 'alice', 'bob');
    const registering = ClatterClient.register(platform.options(storage), { username: 'alice', password: 'p' });
    await clock.pass(10);
    await registering;
    await storage.set('cursor', JSON.stringify({ cursor: 'of another server', conversations: 0 }));
    const client = await ClatterClient.resume(platform.options(storage));
    client?.connect().catch(() => undefined);
    await clock.pass(1000);
    expect(client?.state).toBe('live');
    expect(client?.events(id).length).toBe(1);
  });

  it('is tried again on the live connection until it succeeds, and comes by itself every few minutes', async () => {
    const { platform, client, seqs, clock, socket } = await alice();
    platform.delivers = () => false;
    const id = platform.talk('direct', 'alice', 'bob');
    const line = socket();
    const { onFrame } = line;
    let refusals = 0;
    line.onFrame = (frame) => {
      if (frame.sync && refusals++ < 3)
        return line.give({ ref: frame.ref, reject: { code: 'UNAVAILABLE', message: '' } });
      onFrame(frame);
    };
    line.give({ resync: {} });
    await clock.pass(5000);
    expect(seqs(id)).toEqual([1]);
    platform.say(id, 'bob', 'lost on its way');
    await clock.pass(5 * 60_000);
    expect(seqs(id)).toEqual([1, 2]);
    expect([client.state, refusals > 3]).toEqual(['live', true]);
  });
});

describe('an ack', () => {
  it('shows a message before its event comes', async () => {
    const { platform, client, heard, messages, clock } = await alice();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(1000);
    platform.delivers = () => false;
    const { acked } = client.send(id, 'hello');
    expect(messages(id)).toMatchObject([{ status: 'pending', seq: 0 }]);
    await clock.pass(10);
    expect(await acked).toMatchObject({ seq: 2, messageNo: 1 });
    expect(messages(id)).toMatchObject([{ status: 'sent', seq: 2, content: { text: { body: 'hello' } } }]);
    expect(heard.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(client.conversation(id)?.unread).toBe(0);
  });

  it('that overtakes events keeps its message in place until they are here', async () => {
    const { platform, client, heard, messages, clock } = await alice();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(1000);
    platform.delivers = () => false;
    platform.say(id, 'bob', 'overtaken');
    client.send(id, 'hello');
    await clock.pass(10);
    expect(messages(id)).toMatchObject([{ status: 'sent', seq: 3 }]);
    await clock.pass(1100);
    expect(messages(id)).toMatchObject([{ seq: 2 }, { status: 'sent', seq: 3 }]);
    expect(heard.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });
});

describe('receipts', () => {
  it('say what was delivered by themselves and what was read when told, coalesced, and again where the server does not know', async () => {
    const { platform, client, clock, socket, reconnect } = await alice();
    const id = platform.talk('direct', 'alice', 'bob');
    for (let index = 0; index < 10; index++) platform.say(id, 'bob', `text ${index}`);
    await clock.pass(400);
    const told = (): unknown[] => socket().frames.flatMap(({ receipt }) => receipt ?? []);
    expect(told()).toMatchObject([{ conversationId: id, deliveredSeq: 11, readSeq: 0 }]);
    expect(client.conversation(id)?.unread).toBe(10);
    client.markRead(id, 6);
    expect(client.conversation(id)?.unread).toBe(5);
    client.markRead(id);
    expect(client.conversation(id)?.unread).toBe(0);
    await clock.pass(400);
    expect(told().slice(1)).toMatchObject([{ deliveredSeq: 11, readSeq: 11 }]);
    await reconnect(() => undefined);
    expect(told()).toEqual([]);
    platform.say(id, 'bob', 'more');
    await clock.pass(10);
    client.markRead(id);
    // The socket ends before it is told.
    await reconnect(() => undefined);
    expect(told()).toMatchObject([{ deliveredSeq: 12, readSeq: 12 }]);
    expect(client.conversation(id)?.unread).toBe(0);
  });

  it('of another device may come before the events that were read there', async () => {
    const { platform, client, clock, socket } = await alice();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(1000);
    socket().give({ receipt: { conversationId: id, userId: 'alice', deliveredSeq: 2, readSeq: 2 } });
    platform.say(id, 'bob', 'read elsewhere');
    expect(client.conversation(id)?.unread).toBe(0);
    platform.say(id, 'bob', 'news');
    expect(client.conversation(id)?.unread).toBe(1);
  });

  it('of the others are the ticks', async () => {
    const { platform, client, clock } = await alice();
    const id = platform.talk('group', 'alice', 'bob', 'carol');
    client.send(id, 'hello');
    await clock.pass(10);
    const status = (): unknown => client.conversation(id)?.lastMessage?.status;
    const receipt = (userId: string, deliveredSeq: number, readSeq: number): void =>
      platform.socketOf('alice').give({ receipt: { conversationId: id, userId, deliveredSeq, readSeq } });
    expect(status()).toBe('sent');
    receipt('bob', 2, 2);
    expect(status()).toBe('sent');
    receipt('carol', 2, 0);
    expect(status()).toBe('delivered');
    receipt('carol', 1, 2);
    expect(status()).toBe('read');
  });

  it('come together where they are many', async () => {
    const { platform, client, clock } = await alice();
    const id = platform.talk('group', 'alice', 'bob', 'carol');
    client.send(id, 'hello');
    await clock.pass(10);
    const told: string[] = [];
    client.on('receipt', ({ conversationId, userId }) => told.push(`${conversationId} ${userId}`));
    const items = ['bob', 'carol'].map((userId) => ({ conversationId: '', userId, deliveredSeq: 2, readSeq: 2 }));
    platform.socketOf('alice').give({ receipts: { conversationId: id, items } });
    expect(client.conversation(id)?.lastMessage?.status).toBe('read');
    expect(told).toEqual([`${id} bob`, `${id} carol`]);
  });
});
