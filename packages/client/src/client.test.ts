import { ClatterError, Content, Location, Message } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { ClatterClient } from './client.ts';
import { type ClientStorage, MemoryStorage } from './storage.ts';
import { FakePlatform } from './testing/fake-platform.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

/** Outlives its client, as a file does. */
class LastingStorage extends MemoryStorage {
  override readonly isVolatile = false as never;
}

async function setUp(storage: ClientStorage = new LastingStorage()) {
  const clock = new VirtualClock();
  const platform = new FakePlatform(clock);
  const within = async <T>(ms: number, work: Promise<T>): Promise<T> => {
    work.catch(() => undefined);
    await clock.pass(ms);
    return work;
  };
  const client = await within(
    10,
    ClatterClient.register(platform.options(storage), { username: 'alice', password: 'p' }),
  );
  return {
    clock,
    platform,
    storage,
    client,
    within,
    connect: (who = client) => within(200, who.connect()),
    /** The program ends without a word, and is started again. */
    async restart(): Promise<ClatterClient> {
      platform.cut();
      const again = await ClatterClient.resume(platform.options(storage));
      if (!again) throw new Error('nothing to resume');
      return again;
    },
  };
}

describe('a session', () => {
  it('is resumed with what was read and what waits', async () => {
    const { clock, platform, client, connect, restart } = await setUp();
    await connect();
    const id = platform.talk('direct', 'alice', 'bob');
    platform.say(id, 'bob', 'hello');
    await clock.pass(1000);
    client.markRead(id);
    platform.isUp = false;
    platform.cut();
    await clock.pass(1000);
    const { messageId } = client.send(id, 'while offline');
    await clock.pass(1000);
    await client.close();

    const again = await restart();
    expect(again.userId).toBe('alice');
    expect(again.waiting).toBe(1);
    expect(again.conversations()).toMatchObject([
      { conversationId: id, unread: 0, readSeq: 2, lastMessage: { messageId, status: 'pending' } },
    ]);
    expect(again.timeline(id).length).toBe(3);
    platform.isUp = true;
    const told: number[] = [];
    again.on('event', ({ seq }) => told.push(seq));
    await connect(again);
    await clock.pass(1000);
    expect(platform.texts(id)).toEqual(['hello', 'while offline']);
    expect(told).toEqual([3]);
    expect(again.waiting).toBe(0);
    expect(again.conversation(id)?.lastMessage?.status).toBe('sent');
  });

  it('is nothing where there was none, or it ended', async () => {
    const { platform, client, within, storage } = await setUp();
    expect(await ClatterClient.resume(platform.options(new MemoryStorage()))).toBeUndefined();
    await within(10, client.logout());
    expect(await storage.entries('')).toEqual([]);
    expect(await ClatterClient.resume(platform.options(storage))).toBeUndefined();
  });

  it('is renewed on the live socket, with one refresh for all who need it', async () => {
    const { clock, platform, client, connect } = await setUp();
    platform.tokenSeconds = 60;
    await connect();
    const socket = platform.socketOf('alice');
    await clock.pass(20 * 60_000);
    expect(client.state).toBe('live');
    expect(platform.socketOf('alice')).toBe(socket);
    const refreshes = (): number => platform.calls.filter((call) => call.endsWith('refresh')).length;
    const before = refreshes();
    expect(before).toBeGreaterThan(1);
    // The clock of a sleeping device jumps: several calls find the token expired at the same time.
    platform.isUp = false;
    platform.cut();
    await clock.pass(600_000);
    platform.isUp = true;
    const sinceUp = refreshes();
    const users = Promise.all([
      client.me(),
      client.user('bob'),
      client.user('carol'),
      client.history('x').catch(() => 0),
    ]);
    await clock.pass(100);
    await users;
    expect(refreshes() - sinceUp).toBe(1);
  });

  it('gets another token where the server says that this one has expired, whatever the own clock says', async () => {
    const { platform, client, within } = await setUp();
    // Tokens that the server takes for shorter than it said.
    platform.tokenSeconds = 0;
    const early = await within(10, ClatterClient.login(platform.options(), { login: 'alice', password: 'p' }));
    platform.tokenSeconds = 900;
    expect((await within(10, early.me())).userId).toBe('alice');
    expect((await within(10, client.me())).userId).toBe('alice');
  });

  it('takes a refresh of another program with the same storage, instead of using a token twice', async () => {
    const { clock, platform, client, storage, within } = await setUp();
    const other = (await ClatterClient.resume(platform.options(storage))) as ClatterClient;
    await clock.pass(900_000);
    await within(10, client.me());
    await within(10, other.me());
    expect(platform.calls.filter((call) => call.endsWith('refresh')).length).toBe(1);
    expect(other.accessToken).toBe(client.accessToken);
  });

  it('that ended on the server is told once, and connect rejects', async () => {
    const { clock, platform, client, connect } = await setUp();
    await connect();
    const reasons: string[] = [];
    client.on('loggedOut', ({ reason }) => reasons.push(reason));
    for (const session of platform.sessions.values()) session.ended = true;
    platform.socketOf('alice').end(4503, 'the session has ended');
    await clock.pass(60_000);
    expect(reasons).toEqual(['the session has ended']);
    expect(client.state).toBe('offline');

    const late = await setUp();
    for (const session of late.platform.sessions.values()) session.ended = true;
    await late.clock.pass(900_000);
    await expect(late.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('gives way to the next one with all that it left, and with nothing of the program around it', async () => {
    const { clock, platform, storage, client, connect, within } = await setUp();
    await connect();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(10_000);
    platform.onCommand = () => 'lose';
    client.send(id, 'never stored').acked.catch(() => undefined);
    await clock.pass(100);
    await client.close();
    await storage.set('settings of the program', 'dark');
    const kept = async (): Promise<string[]> =>
      (await storage.entries('')).map(([key]) => key.replace(/[/].*/, '')).sort();
    expect(new Set(await kept())).toEqual(
      new Set(['conversation', 'cursor', 'outbox', 'session', 'settings of the program']),
    );
    await within(10, ClatterClient.login(platform.options(storage), { login: 'bob', password: 'p' }));
    expect(await kept()).toEqual(['session', 'settings of the program']);
  });

  it('is kept where a login as somebody else fails', async () => {
    const { platform, storage, within } = await setUp();
    platform.isUp = false;
    await expect(
      within(10, ClatterClient.login(platform.options(storage), { login: 'bob', password: 'p' })),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect((await ClatterClient.resume(platform.options(storage)))?.userId).toBe('alice');
  });
});

describe('what is kept', () => {
  it('never has a cursor ahead of its conversations', async () => {
    // The cursor was saved at once and new conversations a little later: after a crash in between they were never seen again.
    const storage = new LastingStorage();
    const { clock, platform, connect, restart } = await setUp(storage);
    const id = platform.talk('direct', 'alice', 'bob');
    platform.say(id, 'bob', 'hello');
    await clock.pass(10_000);
    const set = storage.set.bind(storage);
    const order: string[] = [];
    storage.set = async (key, value) => {
      order.push(key);
      await set(key, value);
    };
    await connect();
    expect(order.filter((key) => key !== 'session')).toEqual([`conversation/alice/${id}`, 'cursor/alice']);
    // A storage that was full dropped what can be fetched again.
    await storage.delete(`conversation/alice/${id}`);
    const again = await restart();
    await connect(again);
    expect(again.conversations().map(({ conversationId }) => conversationId)).toEqual([id]);
  });

  it('is not taken for complete where another program wrote while it was read', async () => {
    const { clock, platform, storage, connect, client, restart } = await setUp();
    await connect();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(1000);
    await client.close();
    const newer = JSON.stringify({ cursor: String(clock.nowMs() + 3_600_000), conversations: 1 });
    const { entries } = storage;
    storage.entries = async (prefix) => {
      const found = await entries.call(storage, prefix);
      if (prefix.startsWith('conversation')) await storage.set('cursor/alice', newer);
      return found;
    };
    const known = platform.say(id, 'bob', 'in the log');
    const other = platform.talk('direct', 'alice', 'carol');
    const again = await restart();
    await connect(again);
    expect(again.conversations().map(({ headSeq }) => headSeq)).toEqual([1, known.seq]);
    expect(again.conversation(other)).toBeDefined();
  });

  it('of another version of the program is fetched again', async () => {
    const { clock, platform, storage, connect, client, restart } = await setUp();
    await connect();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(1000);
    await client.close();
    await storage.set(`conversation/alice/${id}`, '{"some":"thing else"}');
    await clock.pass(60_000);
    const again = await restart();
    await connect(again);
    expect(again.events(id).length).toBe(1);
  });
});

describe('messages', () => {
  it('arrive once and in order, whatever becomes of the first tries', async () => {
    const { clock, platform, client, connect } = await setUp();
    await connect();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(100);
    const fates = ['store', 'store, no ack', { code: 'UNAVAILABLE', retryAfterMs: 100 }, 'ack first'] as const;
    let tries = 0;
    platform.onCommand = () => fates[tries++ % fates.length] as 'store';
    const texts = Array.from({ length: 40 }, (_, index) => `message ${index}`);
    const acked = texts.map((text) => client.send(id, text).acked);
    for (let index = 0; index < 10; index++) {
      await clock.pass(1500);
      platform.cut();
    }
    await clock.pass(120_000);
    expect((await Promise.all(acked)).map(({ seq }) => seq)).toEqual(texts.map((_, index) => index + 2));
    expect(platform.texts(id)).toEqual(texts);
    expect(client.waiting).toBe(0);
  });

  it('that are refused show as failed, until they are sent again or discarded', async () => {
    const { clock, platform, client, connect } = await setUp();
    await connect();
    const id = platform.talk('direct', 'alice', 'bob');
    platform.onCommand = () => ({ code: 'FORBIDDEN' });
    const refused: string[] = [];
    client.on('refused', ({ commandId }) => refused.push(commandId));
    const { messageId, acked } = client.send(id, 'hello', { replyToSeq: 1 });
    await clock.pass(10);
    await expect(acked).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(refused).toEqual([messageId]);
    expect(client.conversation(id)?.lastMessage).toMatchObject({ status: 'failed', replyToSeq: 1 });
    platform.onCommand = () => 'store';
    const again = client.resend(id, messageId);
    await clock.pass(10);
    expect((await again?.acked)?.seq).toBe(2);
    expect(platform.socketOf('alice').last('send')?.send.replyToSeq).toBe(1);
    expect(client.timeline(id).length).toBe(2);
    expect(client.resend(id, messageId)).toBeUndefined();
    platform.onCommand = () => ({ code: 'TOO_LARGE' });
    const other = client.send(id, 'too long');
    await clock.pass(10);
    client.discard(id, other.messageId);
    expect(client.timeline(id).length).toBe(2);
  });

  it('with an id of the caller are marked, and bound no look-up', async () => {
    const { clock, platform, client, connect } = await setUp();
    await connect();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(100);
    const messageId = platform.newId();
    const first = client.send(id, 'once', { messageId });
    await clock.pass(10);
    const second = client.send(id, 'once', { messageId });
    await clock.pass(10);
    expect((await second.acked).seq).toBe((await first.acked).seq);
    expect(platform.texts(id)).toEqual(['once']);
    const sent = platform.socketOf('alice').last('send')?.send;
    expect([sent?.retry, sent?.knownSeq]).toEqual([true, undefined]);
    expect(client.timeline(id).length).toBe(2);
  });

  it('are passed on: shown at once as they are known here, and then with who said them first', async () => {
    const { clock, platform, client, connect } = await setUp();
    await connect();
    const [from, to] = [platform.talk('direct', 'alice', 'bob'), platform.talk('direct', 'alice', 'carol')];
    platform.append(from, 'bob', {
      message: {
        ...Message.create(),
        messageId: platform.newId(),
        content: Content.create({ location: { ...Location.create(), latitude: 1.5 } }),
      },
    });
    await clock.pass(100);
    const fates = [{ code: 'FORBIDDEN' }, 'store'] as const;
    let tries = 0;
    platform.onCommand = () => fates[tries++] as 'store';
    const { messageId, acked } = client.forward(to, { conversationId: from, seq: 2 });
    expect(client.conversation(to)?.lastMessage).toMatchObject({
      status: 'pending',
      content: { location: { latitude: 1.5 } },
    });
    await clock.pass(10);
    await expect(acked).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await clock.pass(10);
    const again = client.resend(to, messageId);
    await clock.pass(10);
    expect((await again?.acked)?.seq).toBe(2);
    expect(client.conversation(to)?.lastMessage).toMatchObject({
      status: 'sent',
      content: { location: { latitude: 1.5 } },
      forwarded: { senderId: 'bob', hops: 1 },
    });
  });

  it('that mention one are counted until they are read, on whatever device, and pins are held', async () => {
    const { clock, platform, client, connect, within } = await setUp();
    await connect();
    const id = platform.talk('group', 'alice', 'bob', 'carol');
    const call = (senderId: string, mention: object): void => {
      const text = { body: 'hey', mentions: [{ start: 0, length: 1, all: false, ...mention }] };
      const content = Content.create({ text });
      platform.append(id, senderId, { message: { ...Message.create(), messageId: platform.newId(), content } });
    };
    call('bob', { userId: 'alice' });
    call('bob', { all: true });
    call('bob', { userId: 'carol' });
    call('alice', { all: true });
    call('bob', { userId: 'alice' });
    await clock.pass(100);
    expect(client.conversation(id)).toMatchObject({ mentions: 1, unread: 1 });
    call('carol', { all: true });
    await clock.pass(10);
    expect(client.conversation(id)?.mentions).toBe(2);
    client.markRead(id, 6);
    expect(client.conversation(id)?.mentions).toBe(1);
    client.markRead(id);
    expect(client.conversation(id)?.mentions).toBe(0);
    await within(10, client.pin(id, 2));
    await within(10, client.pin(id, 3));
    expect(client.conversation(id)?.pinnedSeqs).toEqual([2, 3]);
    await within(10, client.unpin(id, 3));
    await within(10, client.deleteMessage(id, 2));
    expect(client.conversation(id)?.pinnedSeqs).toEqual([]);
  });

  it('are edited, deleted and reacted to by commands with ids of their own', async () => {
    const { clock, platform, client, connect, within } = await setUp();
    await connect();
    const id = platform.talk('direct', 'alice', 'bob');
    client.send(id, 'helo');
    await clock.pass(10);
    expect((await within(10, client.edit(id, 2, 'hello'))).seq).toBe(3);
    expect((await within(10, client.react(id, 2, '👋'))).seq).toBe(4);
    expect(client.conversation(id)?.lastMessage).toMatchObject({ edited: true, content: { text: { body: 'hello' } } });
    expect(client.timeline(id)).toMatchObject([
      { kind: 'event' },
      { message: { seq: 2, reactions: [{ emoji: '👋', count: 1, mine: true }] } },
    ]);
    await within(10, client.deleteMessage(id, 2));
    expect(client.timeline(id)).toMatchObject([{ kind: 'event' }, { message: { deleted: true } }]);
  });
});

describe('a connection of the client', () => {
  it('says again what was said of oneself, and whom one watches', async () => {
    const { clock, platform, client, connect, within } = await setUp();
    await connect();
    const statuses: string[] = [];
    client.on('presence', ({ status }) => statuses.push(status));
    await within(10, client.setPresence(false, 'BUSY'));
    await within(10, client.watch(['bob']));
    expect(statuses).toEqual(['ONLINE']);
    platform.cut();
    await clock.pass(10_000);
    const socket = platform.socketOf('alice');
    expect(socket.last('presence')?.presence).toEqual({ status: 'BUSY', foreground: false });
    expect(socket.last('watch')?.watch.userIds).toEqual(['bob']);
  });

  it('that is closed before it was live rejects whoever waits, and can be opened again', async () => {
    const { client, platform, within, connect } = await setUp();
    platform.isUp = false;
    const connecting = client.connect();
    connecting.catch(() => undefined);
    await within(1000, client.close());
    await expect(connecting).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    platform.isUp = true;
    await connect();
    expect(client.state).toBe('live');
  });

  it('is opened again after a storage that failed', async () => {
    const { clock, platform, client, connect, storage } = await setUp();
    await connect();
    const id = platform.talk('direct', 'alice', 'bob');
    await client.close();
    const { entries } = storage;
    storage.entries = () => Promise.reject(new Error('the disk is away'));
    await expect(client.connect()).rejects.toThrow('the disk is away');
    storage.entries = entries;
    await connect();
    client.send(id, 'back again');
    await clock.pass(1000);
    expect([client.state, ...platform.texts(id)]).toEqual(['live', 'back again']);
  });

  it('tells of an error that the server says without being asked', async () => {
    const { client, platform, connect } = await setUp();
    await connect();
    const errors: Error[] = [];
    client.on('error', (error) => errors.push(error));
    platform.socketOf('alice').give({ reject: { code: 'INVALID', message: 'receipt.conversationId: want a UUID' } });
    expect(errors).toEqual([new ClatterError('INVALID', 'receipt.conversationId: want a UUID')]);
  });
});

describe('people', () => {
  it('who are asked for in one turn are one request, and each gets their own answer', async () => {
    const { client, platform, within } = await setUp();
    const names = [...Array.from({ length: 130 }, (_, i) => `person-${i}`), 'nobody'];
    const found = await within(10, Promise.all(names.map((name) => client.user(name))));
    expect(found.map((user) => user?.displayName)).toEqual([
      ...names.slice(0, -1).map((name) => `${name}!`),
      undefined,
    ]);
    expect(platform.calls.filter((call) => call.startsWith('GET /v1/users')).length).toBe(2);
    platform.isUp = false;
    const asked = Promise.allSettled([client.user('x'), client.user('y')]);
    expect((await within(10, asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    platform.isUp = true;
    expect((await within(10, client.user('x')))?.displayName).toBe('x!');
  });

  it('are asked for once, and those who are not there are undefined', async () => {
    const { clock, client, platform, within } = await setUp();
    expect((await within(10, client.user('bob')))?.displayName).toBe('bob!');
    await within(10, client.user('bob'));
    expect(platform.calls.filter((call) => call === 'GET /v1/users/bob').length).toBe(1);
    expect(await within(10, client.user('nobody'))).toBeUndefined();
    // What was learned of somebody does not hold for ever.
    const asked = (): number => platform.calls.filter((call) => call === 'GET /v1/users/bob').length;
    await clock.pass(5 * 60_000 - 100);
    await within(10, client.user('bob'));
    expect(asked()).toBe(1);
    await clock.pass(100);
    await within(10, client.user('bob'));
    expect(asked()).toBe(2);
    // Nor is everybody remembered whom one ever asked for.
    for (let i = 0; i < 2000; i++) client.user(`somebody-${i}`).catch(() => undefined);
    await clock.pass(10);
    await within(10, client.user('bob'));
    expect(asked()).toBe(3);
    platform.isUp = false;
    await expect(within(10, client.user('carol'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    platform.isUp = true;
    expect((await within(10, client.user('carol')))?.userId).toBe('carol');
  });
});
