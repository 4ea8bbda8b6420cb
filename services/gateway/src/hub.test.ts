import { encodeServerFrame, type FrameEncoding, ServerFrame } from '@clatter/wire';
import { expect, test } from 'vitest';
import { GATEWAY, idOf, TestGateway } from './test/test-gateway.ts';

const encoder = new TextEncoder();
const frame = (seq: number) => ({ event: { conversationId: idOf(10), seq } });
const bytes = (encoding: FrameEncoding, seq: number): Uint8Array => {
  const encoded = encodeServerFrame(encoding, frame(seq));
  return typeof encoded === 'string' ? encoder.encode(encoded) : encoded;
};

test('frames go to the connections that are named, in the encoding of each, in order', async () => {
  const gateway = new TestGateway();
  const json = await gateway.live(1, 'json');
  const proto = await gateway.live(2, 'proto');
  const other = await gateway.live(3, 'json');
  const both = (seq: number) => ({
    jsonConnections: [1, 77],
    protoConnections: [2],
    json: bytes('json', seq),
    proto: bytes('proto', seq),
  });
  const taken = await gateway.hub.deliver({ number: 5, deliveries: [both(1), both(2), both(3)] });
  expect(taken).toEqual({ number: 5 });
  for (const client of [json, proto]) expect(client.socket.frames.map(({ event }) => event?.seq)).toEqual([1, 2, 3]);
  expect(other.socket.frames).toEqual([]);
});

test('frames of a gateway that ran at this address before are taken by nobody', async () => {
  // A gateway that was killed and started again at its address gave frames of its former connections to whoever had their numbers now.
  const gateway = new TestGateway();
  const client = await gateway.live(1, 'json');
  const batch = { number: 5, deliveries: [{ jsonConnections: [1], json: bytes('json', 1) }] };
  expect(await gateway.hub.deliver({ ...batch, gatewayId: 'the one before', resyncAll: true })).toEqual({
    number: 5,
    gone: true,
  });
  expect(client.socket.frames).toEqual([]);
  expect(await gateway.hub.deliver({ ...batch, gatewayId: GATEWAY })).toEqual({ number: 5 });
  expect(client.socket.frames).toHaveLength(1);
});

test('a number without a socket may be a request that waits', async () => {
  const gateway = new TestGateway();
  const taken: number[] = [];
  gateway.hub.addVirtual(50, (proto) => taken.push(ServerFrame.decode(proto).event?.seq ?? 0));
  await gateway.hub.deliver({ deliveries: [{ protoConnections: [50, 51], proto: bytes('proto', 9) }] });
  expect(taken).toEqual([9]);
});

test('watchers are told of the people whom they watch, and of nobody else', async () => {
  const gateway = new TestGateway();
  const json = await gateway.live(1, 'json');
  const proto = await gateway.live(2, 'proto');
  await json.say({ ref: 1, watch: { userIds: [idOf(5), idOf(6)] } });
  await proto.say({ ref: 1, watch: { userIds: [idOf(5)] } });
  for (const client of [json, proto]) client.socket.take();
  const news = (userId: string) => {
    const presence = { presence: { userId, status: 'ONLINE' as const, lastSeenMs: 1 } };
    return {
      watchedUserId: userId,
      json: encoder.encode(ServerFrame.toJson(presence)),
      proto: ServerFrame.encode(presence),
    };
  };
  await gateway.hub.deliver({ deliveries: [news(idOf(5)), news(idOf(6)), news(idOf(7))] });
  expect(json.socket.take().map(({ presence }) => presence?.userId)).toEqual([idOf(5), idOf(6)]);
  expect(proto.socket.take().map(({ presence }) => presence?.userId)).toEqual([idOf(5)]);
  await json.say({ unwatch: { userIds: [idOf(5)] } });
  await gateway.hub.deliver({ deliveries: [news(idOf(5))] });
  expect(json.socket.take()).toEqual([]);
  expect(proto.socket.take()).toHaveLength(1);
  expect([...gateway.presence.watched].sort()).toEqual([idOf(5), idOf(6)]);
});

test('a resync reaches every session once, spread over a moment', async () => {
  const gateway = new TestGateway();
  const clients = await Promise.all([1, 2, 3].map((person) => gateway.live(person)));
  await gateway.hub.deliver({ resyncAll: true });
  await gateway.hub.deliver({ resyncAll: true });
  for (const client of clients) expect(client.socket.frames).toEqual([]);
  await gateway.clock.advance(1000);
  for (const client of clients) expect(client.socket.take()).toMatchObject([{ ref: 0, resync: {} }]);
  await gateway.hub.deliver({ resyncAll: true });
  await gateway.clock.advance(1000);
  for (const client of clients) expect(client.socket.take()).toMatchObject([{ resync: {} }]);
});

test('sessions sync after presence lost them, and chat goes on while it is away', async () => {
  const gateway = new TestGateway();
  await gateway.hub.start();
  const before = await gateway.live(1);
  gateway.presence.away = true;
  const during = await gateway.live(2);
  expect(during.connection.state).toBe('live');
  during.message(10, 5);
  expect(gateway.producer.commands).toHaveLength(1);
  gateway.presence.away = false;
  await gateway.clock.advance(10_000);
  expect(gateway.presence.connections.size).toBe(2);
  for (const client of [before, during]) expect(client.socket.take()).toMatchObject([{ resync: {} }]);
  await gateway.hub.stop();
});

test('sockets of ended sessions close, those of the same person that go on do not', async () => {
  const gateway = new TestGateway();
  const ended = await gateway.live(1);
  const second = gateway.open();
  await second.say({ ref: 1, hello: { token: gateway.token(1, { sessionId: idOf(900) }) } });
  gateway.hub.onAccount({ userId: idOf(1), atMs: 0, sessionsRevoked: { sessionIds: [idOf(101), idOf(999)] } });
  expect(ended.socket.closed).toMatchObject({ code: 4503 });
  expect(second.socket.closed).toBeUndefined();
  gateway.hub.onAccount({
    userId: idOf(1),
    atMs: 0,
    profileChanged: {
      user: { userId: idOf(1), username: 'a', displayName: 'A', bio: '', statusText: '', createdAtMs: 0 },
    },
  });
  expect(second.socket.closed).toBeUndefined();
});
