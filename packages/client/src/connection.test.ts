import { ClatterError, type ServerFrame } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { Connection, type ConnectionParts } from './connection.ts';
import { FakeSocket } from './testing/fake-socket.ts';
import { rest, VirtualClock } from './testing/virtual-clock.ts';

const HOUR_MS = 3_600_000;

function make(overrides: Partial<ConnectionParts> = {}) {
  const clock = new VirtualClock();
  const sockets: FakeSocket[] = [];
  const states: string[] = [];
  const news: ServerFrame[] = [];
  const told = { down: 0, loggedOut: [] as string[], errors: [] as Error[], refused: [] as (string | undefined)[] };
  let tokens = 0;
  const connection: Connection = new Connection({
    url: 'https://chat.example',
    encoding: 'json',
    openSocket: (url, subprotocol) => {
      expect([url, subprotocol]).toEqual(['wss://chat.example/v1/ws', 'clatter.v1.json']);
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    clock,
    random: () => 1,
    client: 'test/1',
    deviceId: 'phone',
    token: async (refused) => {
      told.refused.push(refused);
      return `token ${++tokens}`;
    },
    renewAtMs: () => clock.nowMs() + HOUR_MS,
    onState: (state) => states.push(state),
    onOpen: async () => undefined,
    onWelcome: () => undefined,
    onFrame: (frame) => news.push(frame),
    onDown: () => told.down++,
    onLoggedOut: (reason) => told.loggedOut.push(reason),
    onError: (error) => told.errors.push(error),
    ...overrides,
  });
  const newest = (): FakeSocket => sockets.at(-1) as FakeSocket;
  return {
    connection,
    clock,
    sockets,
    states,
    news,
    told,
    newest,
    /** Lets the newest socket open and answers its hello. */
    async welcome(): Promise<FakeSocket> {
      await rest();
      const socket = newest();
      socket.open();
      await rest();
      socket.give({ ref: socket.last('hello')?.ref ?? 0, welcome: { userId: 'u' } });
      await rest();
      return socket;
    },
  };
}

describe('a connection', () => {
  it('says hello, syncs in the same go, and is live when both are answered', async () => {
    let synced: () => void = () => undefined;
    const { connection, newest, states, clock } = make({
      onOpen: async () => {
        await connection.ask({ sync: {} });
        await new Promise<void>((resolve) => {
          synced = resolve;
        });
      },
    });
    connection.open();
    await rest();
    newest().open();
    await rest();
    expect(newest().frames.map(({ ref, hello, sync }) => [ref, hello?.token ?? sync])).toEqual([
      [1, 'token 1'],
      [2, { known: [] }],
    ]);
    newest().give({ ref: 1, welcome: { userId: 'u' } });
    await rest();
    expect(states).toEqual(['connecting', 'syncing']);
    newest().give({ ref: 2, syncPage: { cursor: '', done: true } });
    await rest();
    synced();
    await rest();
    expect(states).toEqual(['connecting', 'syncing', 'live']);
    connection.close();
    expect(states.at(-1)).toBe('offline');
    expect(newest().closedWith).toBe(1000);
    await clock.pass(HOUR_MS);
    expect(clock.waiting).toBe(0);
  });

  it('comes back after ever longer waits with full jitter, which start over once it was live', async () => {
    const chances = [0.5, 1, 0, 1];
    const { connection, clock, sockets, welcome, newest } = make({ random: () => chances.shift() ?? 1 });
    connection.open();
    await rest();
    for (const waitMs of [250, 1000, 0, 4000, 8000, 16_000, 20_000, 20_000]) {
      const before = sockets.length;
      newest().end(1006);
      await clock.pass(waitMs - 1);
      expect(sockets.length).toBe(before);
      await clock.pass(1);
      expect(sockets.length).toBe(before + 1);
    }
    await welcome();
    expect(connection.state).toBe('live');
    newest().end(1006);
    const before = sockets.length;
    await clock.pass(500);
    expect(sockets.length).toBe(before + 1);
  });

  it.each([
    ['goAway', 4000, '', 1500],
    ['a slow consumer', 4001, '0', 0],
    ['too many frames', 4008, '3000', 3000],
  ])('keeps to the hint after %s', async (_, code, reason, hintMs) => {
    const { connection, clock, sockets, welcome } = make();
    connection.open();
    const socket = await welcome();
    if (code === 4000) socket.give({ goAway: { reconnectAfterMs: 1500 } });
    socket.end(code, reason);
    if (hintMs > 0) await clock.pass(hintMs - 1);
    expect(sockets.length).toBe(1);
    await clock.pass(1);
    expect(sockets.length).toBe(2);
  });

  it.each([4500, 4501, 4504, 1002, 1003, 1007, 1009])('does not come back after %d', async (code) => {
    const { connection, clock, sockets, welcome, told } = make();
    connection.open();
    (await welcome()).end(code, 'why');
    await clock.pass(HOUR_MS);
    expect(sockets.length).toBe(1);
    expect(connection.state).toBe('offline');
    expect(told.errors.map(({ message }) => message)).toEqual([`the server closed the socket with ${code}: why`]);
    expect(told.loggedOut).toEqual([]);
  });

  it('is logged out when the session has ended: by 4503, and by a refresh that says so', async () => {
    const first = make();
    first.connection.open();
    (await first.welcome()).end(4503, 'the session has ended');
    expect(first.told.loggedOut).toEqual(['the session has ended']);
    expect(first.connection.state).toBe('offline');

    const second = make({ token: () => Promise.reject(new ClatterError('UNAUTHENTICATED', 'gone')) });
    second.connection.open();
    await rest();
    expect(second.told.loggedOut).toEqual(['gone']);
  });

  it('gets another token after 4502, and gives up when new ones are refused again and again', async () => {
    const { connection, clock, sockets, told, newest, welcome } = make();
    connection.open();
    await rest();
    for (const waitMs of [500, 1000, 2000]) {
      newest().open();
      newest().end(4502, 'TOKEN_EXPIRED: …');
      await clock.pass(waitMs);
    }
    expect(told.refused).toEqual([undefined, 'token 1', 'token 2', 'token 3']);
    await welcome();
    expect(connection.state).toBe('live');
    for (const waitMs of [500, 1000, 2000, HOUR_MS]) {
      newest().open();
      newest().end(4502, 'UNAUTHENTICATED: no');
      await clock.pass(waitMs);
    }
    expect(told.loggedOut).toEqual(['UNAUTHENTICATED: no']);
    expect(sockets.length).toBe(7);
  });

  it('tries again where the token cannot be had for now', async () => {
    let tries = 0;
    const { connection, clock, sockets } = make({
      token: async () => {
        if (++tries < 3) throw new ClatterError('UNAVAILABLE', 'away');
        return 'token';
      },
    });
    connection.open();
    await clock.pass(10_000);
    expect([tries, sockets.length]).toEqual([3, 1]);
  });

  it('says hello again on the live socket before its token expires', async () => {
    let token = 'old';
    let renewAtMs = Number.MAX_SAFE_INTEGER;
    const { connection, clock, sockets, welcome, told } = make({
      token: async () => token,
      renewAtMs: () => renewAtMs,
    });
    renewAtMs = clock.nowMs() + 60_000;
    connection.open();
    const socket = await welcome();
    socket.onFrame = ({ ref, ping }) => ping && socket.give({ ref, pong: {} });
    token = 'new';
    await clock.pass(59_000);
    expect(socket.last('hello')?.hello.token).toBe('old');
    await clock.pass(1000);
    expect(socket.last('hello')?.hello.token).toBe('new');
    renewAtMs = clock.nowMs() + HOUR_MS;
    socket.give({ ref: socket.last('hello')?.ref ?? 0, welcome: {} });
    await clock.pass(20_000);
    expect([sockets.length, connection.state, told.down]).toEqual([1, 'live', 0]);
  });

  it('ends a socket that does not answer a ping, and one that is silent when the device wakes up', async () => {
    const { connection, clock, sockets, welcome } = make();
    connection.open();
    const socket = await welcome();
    await clock.pass(25_000);
    socket.give({ ref: socket.last('ping')?.ref ?? 0, pong: {} });
    await clock.pass(25_000 + 9000);
    expect(sockets.length).toBe(1);
    await clock.pass(1500);
    expect(sockets.length).toBe(2);
    await welcome();
    connection.wake();
    await clock.pass(4600);
    expect(sockets.length).toBe(3);
  });

  it('does not wait out the back-off when it is woken', async () => {
    const { connection, clock, sockets, newest } = make();
    connection.open();
    await rest();
    for (let index = 0; index < 5; index++) {
      newest().end(1006);
      await clock.pass(20_000);
    }
    newest().end(1006);
    const before = sockets.length;
    connection.wake();
    connection.wake();
    await rest();
    expect(sockets.length).toBe(before + 1);
    await clock.pass(14_000);
    expect(sockets.length).toBe(before + 1);
  });

  it('gives up a socket that does not open, or a hello that is not answered', async () => {
    const { connection, clock, sockets, newest } = make();
    connection.open();
    await clock.pass(16_000);
    expect(sockets.length).toBe(2);
    newest().open();
    await clock.pass(22_000);
    expect(sockets.length).toBe(3);
  });

  it('tells whoever waits: a reject, a time-out, a lost connection; a late answer is passed on', async () => {
    const { connection, clock, welcome, news } = make();
    await expect(connection.ask({ ping: {} })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    connection.open();
    const socket = await welcome();
    const rejected = connection.ask({ watch: { userIds: [] } });
    socket.give({
      ref: socket.last('watch')?.ref ?? 0,
      reject: { code: 'RATE_LIMITED', message: 'slow', retryAfterMs: 7 },
    });
    await expect(rejected).rejects.toMatchObject({ code: 'RATE_LIMITED', message: 'slow', retryAfterMs: 7 });

    const late = connection.ask({ react: { conversationId: 'c', commandId: 'r' } }, 5000);
    const { ref = 0 } = socket.last('react') ?? {};
    clock.pass(5000).catch(() => undefined);
    await expect(late).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    socket.give({ ref, ack: { conversationId: 'c', messageId: 'r', seq: 4 } });
    expect(news.at(-1)?.ack?.seq).toBe(4);

    const lost = connection.ask({ history: { conversationId: 'c' } });
    socket.end(1006);
    await expect(lost).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'the connection was lost' });
  });

  it('passes news on, and stays after a frame that it cannot read', async () => {
    const { connection, welcome, news, told } = make();
    connection.open();
    const socket = await welcome();
    socket.give({ event: { conversationId: 'c', seq: 3 } });
    socket.giveText('{"event":');
    socket.giveText('{"ref":0,"somethingNew":{}}');
    socket.give({ resync: {} });
    expect(news.map((frame) => frame.event?.seq ?? frame.resync)).toEqual([3, undefined, {}]);
    expect(told.errors.length).toBe(1);
    expect(connection.state).toBe('live');
  });

  it('starts over where the sync fails, and the waits grow as long as it does', async () => {
    let fail = true;
    const { connection, clock, sockets, welcome } = make({
      onOpen: async () => {
        if (fail) throw new ClatterError('UNAVAILABLE', 'away');
      },
    });
    connection.open();
    await welcome();
    for (const waitMs of [500, 1000, 2000]) {
      const before = sockets.length;
      await clock.pass(waitMs - 1);
      expect(sockets.length).toBe(before);
      await clock.pass(1);
      fail = waitMs < 2000;
      await welcome();
    }
    expect(connection.state).toBe('live');
  });

  it('opens nothing more once it is closed, whatever it waited for', async () => {
    let give: (token: string) => void = () => undefined;
    const { connection, clock, sockets } = make({
      token: () =>
        new Promise((resolve) => {
          give = resolve;
        }),
    });
    connection.open();
    connection.close();
    give('token');
    await clock.pass(HOUR_MS);
    expect(sockets.length).toBe(0);
    expect(connection.state).toBe('offline');
  });

  it('shows its tap every frame, in both directions, also those that nobody waits for', async () => {
    const seen: string[] = [];
    const nameOf = (frame: object): string =>
      Object.entries(frame).find(([, value]) => typeof value === 'object')?.[0] ?? '';
    const { connection, welcome } = make({
      tap: {
        onSent: (frame) => seen.push(`> ${nameOf(frame)}`),
        onReceived: (frame) => seen.push(`< ${nameOf(frame)}`),
      },
    });
    connection.open();
    const socket = await welcome();
    socket.give({ resync: {} });
    connection.tell({ typing: { conversationId: 'c', activity: 'TYPING' } });
    expect(seen).toEqual(['> hello', '< welcome', '< resync', '> typing']);
    connection.close();
    connection.tell({ typing: { conversationId: 'c', activity: 'NONE' } });
    expect(seen).toHaveLength(4);
  });
});
