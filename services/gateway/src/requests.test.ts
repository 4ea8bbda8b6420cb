import { ClatterError, HistoryPage, SyncPage } from '@clatter/wire';
import { expect, test } from 'vitest';
import { idOf, TestGateway } from './test/test-gateway.ts';

test('sync and history are asked as the person of the socket', async () => {
  const asked: unknown[] = [];
  const gateway = new TestGateway(
    {},
    {
      sync: async (request) => {
        asked.push(request);
        return { page: SyncPage.create({ cursor: 'next', done: true }) };
      },
      history: async (request) => {
        asked.push(request);
        return { page: HistoryPage.create({ hasMore: true }) };
      },
    },
  );
  const client = await gateway.live(1);
  client.send({ ref: 2, sync: { known: [{ conversationId: idOf(10).toUpperCase(), seq: 9 }], cursor: 'c' } });
  await client.say({ ref: 3, history: { conversationId: idOf(10), beforeSeq: 9, limit: 50 } });
  expect(asked).toEqual([
    { userId: idOf(1), sync: { known: [{ conversationId: idOf(10), seq: 9 }], cursor: 'c' } },
    {
      userId: idOf(1),
      history: {
        conversationId: idOf(10),
        beforeSeq: 9,
        afterSeq: undefined,
        aroundSeq: undefined,
        limit: 50,
      },
    },
  ]);
  expect(client.socket.frames).toMatchObject([
    { ref: 2, syncPage: { cursor: 'next', done: true } },
    { ref: 3, historyPage: { hasMore: true } },
  ]);
});

test('what messages refuses is a reject; a bug there is INTERNAL, without details', async () => {
  const gateway = new TestGateway(
    {},
    {
      history: async ({ history }) => {
        throw history?.limit === 1 ? new Error('secret path /x') : new ClatterError('NOT_A_MEMBER', 'no longer');
      },
    },
  );
  const client = await gateway.live(1);
  client.send({ ref: 2, history: { conversationId: idOf(10) } });
  await client.say({ ref: 3, history: { conversationId: idOf(10), limit: 1 } });
  expect(client.socket.frames).toMatchObject([
    { ref: 2, reject: { code: 'NOT_A_MEMBER', message: 'no longer', retryAfterMs: 0 } },
    { ref: 3, reject: { code: 'INTERNAL', message: expect.not.stringContaining('secret') } },
  ]);
});

test('a connection reads four at a time; some may wait, then RATE_LIMITED', async () => {
  const running: (() => void)[] = [];
  let most = 0;
  const gateway = new TestGateway(
    {},
    {
      sync: () => {
        most = Math.max(most, running.length + 1);
        return new Promise((resolve) => running.push(() => resolve({ page: SyncPage.create({ done: true }) })));
      },
    },
  );
  const client = await gateway.live(1);
  for (let ref = 2; ref <= 80; ref++) client.send({ ref, sync: {} });
  await gateway.settle();
  expect(client.rejects()).toEqual(Object.fromEntries(Array.from({ length: 11 }, (_, i) => [70 + i, 'RATE_LIMITED'])));
  for (let i = 0; i < 68; i++) {
    running.shift()?.();
    await gateway.settle();
  }
  expect(most).toBe(4);
  expect(client.socket.frames.filter(({ syncPage }) => syncPage)).toHaveLength(68);
});

test('pages wait for a client that reads slowly, and do not get it closed', async () => {
  const gateway = new TestGateway({}, { sync: async () => ({ page: SyncPage.create({ done: true }) }) });
  const client = await gateway.live(1);
  client.socket.unsentBytes = 2 << 20;
  for (let ref = 2; ref <= 5; ref++) client.send({ ref, sync: {} });
  await gateway.clock.advance(1000);
  expect(client.socket.frames).toEqual([]);
  client.socket.unsentBytes = 0;
  await gateway.clock.advance(100);
  expect(client.socket.frames).toHaveLength(4);
  client.socket.unsentBytes = 2 << 20;
  client.send({ ref: 6, sync: {} });
  await gateway.settle();
  client.connection.onClosed();
  await gateway.clock.advance(100);
  expect(gateway.clock.waiting).toBe(0);
});

test('receipts and typing are signals of the person, and get no answer', async () => {
  const gateway = new TestGateway();
  const client = await gateway.live(1);
  client.send({ receipt: { conversationId: idOf(10), userId: idOf(9), deliveredSeq: 9, readSeq: 7 } });
  await client.say({ typing: { conversationId: idOf(10), userId: idOf(9), activity: 'RECORDING' } });
  expect(gateway.producer.signals).toMatchObject([
    { conversationId: idOf(10), userId: idOf(1), receipt: { deliveredSeq: 9, readSeq: 7, userId: '' } },
    { conversationId: idOf(10), userId: idOf(1), typing: { activity: 'RECORDING', userId: '' } },
  ]);
  expect(gateway.producer.sent.map(({ topic, record }) => [topic, record.key])).toEqual([
    ['clatter.signals', idOf(10)],
    ['clatter.signals', idOf(10)],
  ]);
  expect(client.socket.frames).toEqual([]);
});

test('typing passes so often for a conversation, its end always', async () => {
  const gateway = new TestGateway();
  const client = await gateway.live(1);
  const type = (conversation: number, activity: 'TYPING' | 'NONE') =>
    client.send({ typing: { conversationId: idOf(conversation), activity } });
  for (let i = 0; i < 5; i++) type(10, 'TYPING');
  type(20, 'TYPING');
  type(10, 'NONE');
  expect(gateway.producer.signals.map(({ conversationId, typing }) => [conversationId, typing?.activity])).toEqual([
    [idOf(10), 'TYPING'],
    [idOf(20), 'TYPING'],
    [idOf(10), 'NONE'],
  ]);
  await gateway.clock.advance(500);
  type(10, 'TYPING');
  expect(gateway.producer.signals).toHaveLength(4);
});

test('presence is set for this connection, and answered with how one is now', async () => {
  const gateway = new TestGateway();
  const client = await gateway.live(1);
  await client.say({ ref: 2, presence: { status: 'BUSY', foreground: true } });
  await client.say({ ref: 3, presence: { foreground: false } });
  await client.say({ ref: 5, presence: { status: 'ONLINE', foreground: false } });
  await client.say({ presence: { status: 'ONLINE', foreground: true } });
  await client.say({ ref: 4, presence: { status: 'OFFLINE' } });
  expect(gateway.presence.calls.slice(1)).toEqual([
    'setStatus BUSY true',
    'setStatus BUSY false',
    'setStatus ONLINE false',
    'setStatus ONLINE true',
  ]);
  expect(client.socket.frames).toMatchObject([
    { ref: 2, presence: { userId: idOf(1), status: 'BUSY' } },
    { ref: 3, presence: { userId: idOf(1), status: 'BUSY' } },
    { ref: 5, presence: { userId: idOf(1), status: 'AWAY' } },
    { ref: 4, reject: { code: 'INVALID' } },
  ]);
});

test('watch answers with how each is now; UNKNOWN while presence is away', async () => {
  const gateway = new TestGateway();
  const client = await gateway.live(1);
  await client.say({ ref: 2, watch: { userIds: [idOf(5), idOf(6).toUpperCase()] } });
  gateway.presence.away = true;
  await client.say({ ref: 3, watch: { userIds: [idOf(7)] } });
  expect(client.socket.frames.map(({ ref, presence }) => [ref, presence?.userId, presence?.status])).toEqual([
    [2, idOf(5), 'OFFLINE'],
    [2, idOf(6), 'OFFLINE'],
    [3, idOf(7), 'UNKNOWN'],
  ]);
});

test('a connection watches 500 people at most', async () => {
  const gateway = new TestGateway();
  const client = await gateway.live(1);
  const people = (from: number, count: number) => Array.from({ length: count }, (_, index) => idOf(from + index));
  await client.say({ ref: 2, watch: { userIds: people(1, 501) } });
  await client.say({ ref: 3, watch: { userIds: people(1, 400) } });
  await client.say({ ref: 4, watch: { userIds: people(301, 200) } });
  await client.say({ ref: 5, watch: { userIds: people(501, 1) } });
  await client.say({ ref: 6, watch: { userIds: [] } });
  await client.say({ unwatch: { userIds: people(1, 1) } });
  await client.say({ ref: 7, watch: { userIds: people(501, 1) } });
  expect(client.rejects()).toEqual({ 2: 'INVALID', 5: 'TOO_LARGE', 6: 'INVALID' });
  expect(client.socket.answer(7)?.presence?.userId).toBe(idOf(501));
});

test.each([
  ['sync', { sync: { known: [{ conversationId: 'x', seq: 1 }] } }, 'sync.known.conversationId'],
  [
    'too many known',
    { sync: { known: Array.from({ length: 201 }, (_, i) => ({ conversationId: idOf(i) })) } },
    'sync.known',
  ],
  ['history', { history: { conversationId: '' } }, 'history.conversationId'],
  ['receipt', { receipt: { conversationId: `${idOf(1)}0` } }, 'receipt.conversationId'],
  ['typing', { typing: { conversationId: 'x', activity: 'TYPING' as const } }, 'typing.conversationId'],
  ['typing what', { typing: { conversationId: idOf(1) } }, 'typing.activity'],
  ['watch', { watch: { userIds: ['x'] } }, 'watch.userIds'],
  ['unwatch', { unwatch: { userIds: ['x'] } }, 'unwatch.userIds'],
])('a wrong field is named: %s', async (_, frame, field) => {
  const gateway = new TestGateway();
  const client = await gateway.live(1);
  await client.say({ ref: 2, ...frame });
  expect(client.socket.frames).toMatchObject([
    { ref: 2, reject: { code: 'INVALID', message: expect.stringMatching(new RegExp(`^${field}: want `)) } },
  ]);
});
