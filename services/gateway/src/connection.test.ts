import { ClatterError, encodeServerFrame, type FrameEncoding } from '@clatter/wire';
import { describe, expect, test } from 'vitest';
import { GATEWAY, idOf, TestGateway } from './test/test-gateway.ts';

const text = { content: { text: { body: 'hi' } } };

describe.each(['json', 'proto'] as const)('hello on %s', (encoding: FrameEncoding) => {
  test('registers in presence, and only then is welcomed', async () => {
    const gateway = new TestGateway();
    let open = (): void => undefined;
    gateway.presence.gate = new Promise((resolve) => {
      open = resolve;
    });
    const client = gateway.open(encoding);
    await client.say({ ref: 7, hello: { token: gateway.token(1), deviceId: 'phone', client: 'app/1.0' } });
    expect(gateway.presence.calls).toEqual(['register 1']);
    expect(client.socket.frames).toEqual([]);
    open();
    await gateway.settle();
    expect(client.connection.state).toBe('live');
    expect(client.socket.take()).toMatchObject([
      {
        ref: 7,
        welcome: {
          sessionId: idOf(101),
          connectionId: `${GATEWAY}-1`,
          userId: idOf(1),
          serverTimeMs: gateway.clock.nowMs(),
          limits: { textBytesMax: 16_384, frameBytesMax: 131_072, framesPerSecondMax: 2000 },
        },
      },
    ]);
    expect(gateway.presence.connections.get(1)).toEqual({
      userId: idOf(1),
      sessionId: idOf(101),
      gatewayId: GATEWAY,
      connection: 1,
      encoding,
      foreground: true,
      status: 'ONLINE',
      deviceId: 'phone',
    });
  });

  test('is answered when its fields are wrong, and may be said again', async () => {
    const gateway = new TestGateway();
    const client = gateway.open(encoding);
    client.connection.onFrame(
      encoding === 'json'
        ? '{"ref":3,"hello":{"token":5}}'
        : Uint8Array.of(8, 3, (2 << 3) | 2, 3, (1 << 3) | 2, 1, 0xff),
    );
    expect(client.socket.take()).toMatchObject([{ ref: 3, reject: { code: 'INVALID' } }]);
    await client.say({ ref: 4, hello: { token: gateway.token(1) } });
    expect(client.socket.take()).toMatchObject([{ ref: 4, welcome: {} }]);
  });
});

describe('a socket that is not let in', () => {
  test('no hello in time: 4501', async () => {
    const gateway = new TestGateway();
    const client = gateway.open();
    await gateway.clock.advance(9999);
    expect(client.socket.closed).toBeUndefined();
    await gateway.clock.advance(1);
    expect(client.socket.closed).toMatchObject({ code: 4501 });
    expect(gateway.clock.waiting).toBe(0);
  });

  test.each([
    ['a ping', '{"ref":1,"ping":{}}'],
    ['a message', `{"ref":1,"send":{"conversationId":"${idOf(1)}","messageId":"${idOf(2)}","content":{}}}`],
    ['a wrong field', '{"ref":1,"send":{"conversationId":5}}'],
  ])('%s before hello: 4501', (_, frame) => {
    const client = new TestGateway().open();
    client.connection.onFrame(frame);
    expect(client.socket.closed).toMatchObject({ code: 4501 });
  });

  test.each([
    ['no frame', 'x', 'json'],
    ['no body', '{"ref":1}', 'json'],
    ['two bodies', '{"hello":{"token":"t"},"ping":{}}', 'json'],
    ['binary on the JSON subprotocol', Buffer.from('{"hello":{}}'), 'json'],
    ['text on the protobuf subprotocol', '{"hello":{}}', 'proto'],
    ['no protobuf', Uint8Array.of(255, 255), 'proto'],
  ] as const)('%s: 4500', (_, frame, encoding) => {
    const client = new TestGateway().open(encoding);
    client.connection.onFrame(frame);
    expect(client.socket.closed).toMatchObject({ code: 4500 });
  });

  test('a token that is none: 4502', async () => {
    const gateway = new TestGateway();
    const client = gateway.open();
    await client.say({ ref: 1, hello: { token: 'x' } });
    expect(client.socket.closed).toEqual({
      code: 4502,
      reason: 'UNAUTHENTICATED: token: it is not valid',
      drop: false,
    });
    expect(gateway.presence.calls).toEqual([]);
    expect(gateway.clock.waiting).toBe(0);
  });

  test('a token that has expired: 4502, and the reason says so', async () => {
    const gateway = new TestGateway();
    gateway.tokens.set('old', new ClatterError('TOKEN_EXPIRED', 'token: it has expired'));
    const client = gateway.open();
    await client.say({ ref: 1, hello: { token: 'old' } });
    expect(client.socket.closed).toMatchObject({ code: 4502, reason: expect.stringMatching(/^TOKEN_EXPIRED/) });
  });

  test('keys that cannot be had: 4000 with a hint', async () => {
    const gateway = new TestGateway();
    gateway.tokens.set('good', new ClatterError('UNAVAILABLE', 'tokens cannot be verified now'));
    const client = gateway.open();
    await client.say({ ref: 1, hello: { token: 'good' } });
    expect(client.socket.closed).toMatchObject({ code: 4000, reason: '1000' });
  });

  test('a session that has ended: 4503', async () => {
    const gateway = new TestGateway();
    gateway.hub.onAccount({ userId: idOf(1), atMs: 0, sessionsRevoked: { sessionIds: [idOf(101)] } });
    const client = gateway.open();
    await client.say({ ref: 1, hello: { token: gateway.token(1) } });
    expect(client.socket.closed).toMatchObject({ code: 4503 });
    const other = gateway.open();
    await other.say({ ref: 1, hello: { token: gateway.token(1, { sessionId: idOf(102) }) } });
    expect(other.socket.frames).toMatchObject([{ welcome: {} }]);
  });
});

describe('while the token is verified', () => {
  test('frames wait, and are handled in their order after the welcome', async () => {
    const gateway = new TestGateway();
    const client = gateway.open();
    client.send({ ref: 1, hello: { token: gateway.token(1) } });
    client.message(10, 2);
    client.message(10, 3);
    client.send({ ref: 4, ping: {} });
    expect(gateway.producer.sent).toEqual([]);
    await gateway.settle();
    expect(gateway.producer.commands.map(({ commandId }) => commandId)).toEqual([idOf(2), idOf(3)]);
    expect(client.socket.frames).toMatchObject([
      { ref: 1, welcome: {} },
      { ref: 4, pong: {} },
    ]);
  });

  test('a second hello waits too, and is one that renews', async () => {
    const gateway = new TestGateway();
    const client = gateway.open();
    client.send({ ref: 1, hello: { token: gateway.token(1) } });
    await client.say({ ref: 2, hello: { token: gateway.token(1) } });
    expect(client.socket.frames.map(({ ref, welcome }) => [ref, welcome?.userId])).toEqual([
      [1, idOf(1)],
      [2, idOf(1)],
    ]);
    expect(gateway.presence.calls).toEqual(['register 1']);
  });

  test('too much of it: 4008', async () => {
    const gateway = new TestGateway();
    const client = gateway.open();
    client.send({ ref: 1, hello: { token: gateway.token(1) } });
    for (let i = 0; i < 20 && !client.socket.closed; i++)
      client.send({ ref: 2 + i, edit: { content: { text: { body: 'x'.repeat(100_000) } } } });
    expect(client.socket.closed).toMatchObject({ code: 4008, reason: '1000' });
    await gateway.settle();
    expect(gateway.hub.size).toBe(0);
    expect(gateway.clock.waiting).toBe(0);
  });

  test('what is delivered is in the first sync: nothing comes before the welcome', async () => {
    const gateway = new TestGateway();
    let open = (): void => undefined;
    gateway.presence.gate = new Promise((resolve) => {
      open = resolve;
    });
    const client = gateway.open();
    await client.say({ ref: 1, hello: { token: gateway.token(1) } });
    const json = Buffer.from(encodeServerFrame('json', { event: { seq: 5 } }) as string);
    await gateway.hub.deliver({ deliveries: [{ jsonConnections: [1], json }] });
    await gateway.hub.deliver({ resyncAll: true });
    open();
    await gateway.clock.advance(10_000);
    expect(client.socket.frames).toMatchObject([{ ref: 1, welcome: {} }]);
    await gateway.hub.deliver({ deliveries: [{ jsonConnections: [1], json }] });
    expect(client.socket.frames[1]).toMatchObject({ ref: 0, event: { seq: 5 } });
  });

  test('a socket that goes meanwhile is not in presence in the end', async () => {
    const gateway = new TestGateway();
    let open = (): void => undefined;
    gateway.presence.gate = new Promise((resolve) => {
      open = resolve;
    });
    const client = gateway.open();
    await client.say({ ref: 1, hello: { token: gateway.token(1) } });
    client.connection.onClosed();
    open();
    await gateway.settle();
    expect(gateway.presence.calls).toEqual(['register 1', 'unregister 1']);
    expect(gateway.presence.connections.size).toBe(0);
    expect(client.socket.frames).toEqual([]);
    expect(client.connection.state).toBe('closed');
  });
});

describe('the token of a live socket', () => {
  test('runs out: 4502 a moment later, and the reason says so', async () => {
    const gateway = new TestGateway();
    const client = await gateway.live();
    await gateway.clock.advance(600_000);
    expect(client.socket.closed).toBeUndefined();
    await gateway.clock.advance(5000);
    expect(client.socket.closed).toMatchObject({ code: 4502, reason: expect.stringMatching(/^TOKEN_EXPIRED/) });
    expect(gateway.presence.connections.size).toBe(0);
  });

  test('is renewed by hello on the same socket', async () => {
    const gateway = new TestGateway();
    const client = await gateway.live();
    await gateway.clock.advance(590_000);
    await client.say({ ref: 9, hello: { token: gateway.token(1) } });
    expect(client.socket.take()).toMatchObject([{ ref: 9, welcome: { userId: idOf(1), sessionId: idOf(101) } }]);
    await gateway.clock.advance(300_000);
    expect(client.socket.closed).toBeUndefined();
    expect(gateway.presence.calls.filter((call) => call.startsWith('register'))).toHaveLength(1);
  });

  test.each([
    ['another person', 2, {}],
    ['another session', 1, { sessionId: idOf(7) }],
  ])('is not renewed by one of %s: 4502', async (_, person, change) => {
    const gateway = new TestGateway();
    const client = await gateway.live(1);
    await client.say({ ref: 9, hello: { token: gateway.token(person, change) } });
    expect(client.socket.closed).toMatchObject({ code: 4502 });
  });

  test('is not renewed by a bad one: 4502', async () => {
    const gateway = new TestGateway();
    const client = await gateway.live();
    await client.say({ ref: 9, hello: { token: 'x' } });
    expect(client.socket.closed).toMatchObject({ code: 4502 });
  });

  test('is worth nothing when its session or account ends: 4503', async () => {
    const gateway = new TestGateway();
    const [revoked, other, deleted] = await Promise.all([gateway.live(1), gateway.live(2), gateway.live(3)]);
    gateway.hub.onAccount({ userId: idOf(1), atMs: 0, sessionsRevoked: { sessionIds: [idOf(101)] } });
    gateway.hub.onAccount({ userId: idOf(3), atMs: 0, deleted: {} });
    expect(revoked.socket.closed).toMatchObject({ code: 4503 });
    expect(deleted.socket.closed).toMatchObject({ code: 4503 });
    expect(other.socket.closed).toBeUndefined();
  });
});

describe('frames of a live socket', () => {
  test('a command goes to the log as it is, with who sent it and where the answer goes', async () => {
    const gateway = new TestGateway();
    const client = await gateway.live(1, 'proto');
    await client.say({
      ref: 77,
      send: {
        conversationId: idOf(10).toUpperCase(),
        messageId: 'ABCDEF01-2345-4789-ABCD-EF0123456789',
        content: { text: { body: ' exactly \u202e this ' } },
        replyToSeq: 4,
        clientTimeMs: 5,
        retry: true,
        knownSeq: 9,
      },
    });
    expect(gateway.producer.sent[0]).toMatchObject({
      topic: 'clatter.commands',
      record: {
        key: idOf(10),
        headers: {
          traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/),
          schema: 'messages.v1.Command',
          rules: '1',
        },
      },
    });
    expect(gateway.producer.commands).toMatchObject([
      {
        conversationId: idOf(10),
        senderId: idOf(1),
        commandId: 'abcdef01-2345-4789-abcd-ef0123456789',
        receivedAtMs: gateway.clock.nowMs(),
        retry: true,
        knownSeq: 9,
        replyTo: { gatewayId: GATEWAY, connection: 1, ref: 77, encoding: 'proto' },
        send: { content: { text: { body: ' exactly \u202e this ' } }, replyToSeq: 4, clientTimeMs: 5 },
      },
    ]);
    expect(client.socket.frames).toEqual([]);
  });

  test('edit, delete and react are commands too', async () => {
    const gateway = new TestGateway();
    const client = await gateway.live();
    const to = { conversationId: idOf(10), commandId: idOf(11) };
    client.send({ ref: 1, edit: { ...to, seq: 5, ...text } });
    client.send({ ref: 2, delete: { ...to, seq: 5, forEveryone: true } });
    await client.say({ ref: 3, react: { ...to, seq: 5, emoji: '👍🏽', remove: true } });
    expect(gateway.producer.commands).toMatchObject([
      { ...to, edit: { seq: 5, ...text } },
      { ...to, delete: { seq: 5 } },
      { ...to, react: { seq: 5, emoji: '👍🏽', remove: true } },
    ]);
  });

  test('a wrong field is answered, and the socket stays', async () => {
    const gateway = new TestGateway();
    const client = await gateway.live();
    client.connection.onFrame('{"ref":5,"send":{"conversationId":[]}}');
    client.connection.onFrame('{"ref":"x","ping":{}}');
    client.send({ ref: 6, delete: { conversationId: idOf(1), commandId: idOf(2), seq: 0, forEveryone: false } });
    client.send({ ref: 0, send: { conversationId: idOf(1), messageId: idOf(2), ...text } });
    await client.say({ ref: 7, ping: {} });
    expect(client.socket.frames).toMatchObject([
      { ref: 5, reject: { code: 'INVALID', message: expect.stringMatching(/^send\.conversationId: /) } },
      { ref: 0, reject: { code: 'INVALID', message: expect.stringMatching(/^ref: /) } },
      { ref: 6, reject: { code: 'INVALID', message: expect.stringMatching(/^delete\.seq: /) } },
      { ref: 0, reject: { code: 'INVALID', message: expect.stringMatching(/^ref: /) } },
      { ref: 7, pong: {} },
    ]);
    expect(gateway.producer.sent).toEqual([]);
  });

  test('no frame ends it: 4500', async () => {
    const client = await new TestGateway().live();
    client.connection.onFrame('{"ref":1,"dance":{}}');
    expect(client.socket.closed).toMatchObject({ code: 4500 });
    client.connection.onFrame('{"ref":2,"ping":{}}');
    expect(client.socket.frames).toEqual([]);
  });
});

describe('too many frames', () => {
  test('are refused, until there is room again', async () => {
    const gateway = new TestGateway({ CLATTER_GATEWAY_FRAMES_PER_SECOND: 10 });
    const client = await gateway.live();
    for (let ref = 1; ref <= 12; ref++) client.send({ ref, ping: {} });
    expect(client.socket.frames.filter(({ pong }) => pong)).toHaveLength(9);
    expect(client.socket.answer(12)).toMatchObject({ reject: { code: 'RATE_LIMITED', retryAfterMs: 1000 } });
    await gateway.clock.advance(100);
    await client.say({ ref: 13, ping: {} });
    expect(client.socket.answer(13)).toMatchObject({ pong: {} });
  });

  test('that want no answer are dropped', async () => {
    const gateway = new TestGateway({ CLATTER_GATEWAY_FRAMES_PER_SECOND: 10 });
    const client = await gateway.live();
    for (let seq = 1; seq <= 20; seq++) client.send({ receipt: { conversationId: idOf(10), readSeq: seq } });
    expect(gateway.producer.signals).toHaveLength(9);
    expect(client.socket.frames).toEqual([]);
  });

  test('for long: 4008 with a hint, also where only every other one is too many', async () => {
    const gateway = new TestGateway({ CLATTER_GATEWAY_FRAMES_PER_SECOND: 10 });
    const client = await gateway.live();
    let seconds = 0;
    for (; seconds < 60 && !client.socket.closed; seconds++) {
      for (let i = 0; i < 20; i++) client.send({ ref: 1, ping: {} });
      await gateway.clock.advance(1000);
    }
    expect(client.socket.closed).toMatchObject({ code: 4008, reason: '1000' });
    expect(seconds).toBeGreaterThan(1);
    expect(seconds).toBeLessThan(5);
  });

  test('of wrong fields are refused for their rate too', async () => {
    const gateway = new TestGateway({ CLATTER_GATEWAY_FRAMES_PER_SECOND: 10 });
    const client = await gateway.live();
    for (let ref = 1; ref <= 100; ref++) client.connection.onFrame(`{"ref":${ref},"send":[]}`);
    expect(client.socket.closed).toMatchObject({ code: 4008 });
  });

  test('hold up what follows in their conversation, so that nothing overtakes', async () => {
    const gateway = new TestGateway({ CLATTER_GATEWAY_FRAMES_PER_SECOND: 10 });
    const client = await gateway.live();
    for (let message = 1; message <= 10; message++) client.message(10, message);
    await gateway.clock.advance(150);
    client.message(10, 11);
    await gateway.settle();
    expect(client.rejects()).toEqual({ 10: 'RATE_LIMITED', 11: 'UNAVAILABLE' });
    await gateway.clock.advance(1000);
    client.message(10, 10, true);
    client.message(10, 11, true);
    await gateway.settle();
    expect(gateway.producer.commands.map(({ commandId }) => commandId)).toEqual(
      Array.from({ length: 11 }, (_, index) => idOf(index + 1)),
    );
  });
});

describe('a log that does not take commands', () => {
  test('refuses a command and all behind it, until the client sends them again, marked', async () => {
    const gateway = new TestGateway();
    const client = await gateway.live();
    gateway.producer.mode = 'by hand';
    client.message(10, 2);
    client.message(10, 3);
    client.message(20, 4);
    gateway.producer.waiting[0]?.reject(new ClatterError('UNAVAILABLE', 'the disk is full'));
    await gateway.settle();
    gateway.producer.waiting[2]?.resolve();
    gateway.producer.mode = 'at once';
    client.message(10, 5);
    await gateway.settle();
    expect(client.rejects()).toEqual({ 2: 'UNAVAILABLE', 3: 'UNAVAILABLE', 5: 'UNAVAILABLE' });
    const first = client.socket.answer(2)?.reject;
    expect(first).toMatchObject({ retryAfterMs: 1000 });
    expect(first?.message).not.toContain('disk');
    for (const message of [2, 3, 5]) client.message(10, message, true);
    await gateway.settle();
    expect(gateway.producer.commands.slice(3).map(({ commandId, retry }) => [commandId, retry])).toEqual([
      [idOf(2), true],
      [idOf(3), true],
      [idOf(5), true],
    ]);
  });

  test('takes new commands once the client has read the refusal', async () => {
    const gateway = new TestGateway();
    const client = await gateway.live();
    gateway.producer.mode = 'refuse';
    client.message(10, 2);
    await gateway.settle();
    gateway.producer.mode = 'at once';
    client.message(10, 3);
    expect(client.socket.probes).toHaveLength(1);
    // The peer has received the refusal of 2; its program may not have seen it yet.
    client.socket.probes[0]?.();
    await gateway.clock.advance(500);
    client.message(10, 4);
    await gateway.clock.advance(500);
    client.message(10, 5);
    await gateway.settle();
    expect(client.rejects()).toEqual({ 2: 'UNAVAILABLE', 3: 'UNAVAILABLE', 4: 'UNAVAILABLE' });
    expect(gateway.producer.commands.map(({ commandId }) => commandId)).toEqual([idOf(5)]);
    expect(client.connection.inFlight.lanes.size).toBe(0);
  });

  test('bounds what waits: RATE_LIMITED', async () => {
    const gateway = new TestGateway({ CLATTER_GATEWAY_IN_FLIGHT_MAX: 3 });
    const client = await gateway.live();
    gateway.producer.mode = 'by hand';
    for (let message = 2; message <= 6; message++) client.message(message, message);
    expect(client.rejects()).toEqual({ 5: 'RATE_LIMITED', 6: 'RATE_LIMITED' });
    expect(gateway.producer.sent).toHaveLength(3);
  });

  test('and does not answer for 30 s: UNAVAILABLE', async () => {
    const gateway = new TestGateway();
    const client = await gateway.live();
    gateway.producer.mode = 'by hand';
    client.message(10, 2);
    await gateway.clock.advance(10_000);
    client.message(10, 3);
    await gateway.clock.advance(19_000);
    expect(client.rejects()).toEqual({});
    await gateway.clock.advance(2000);
    expect(client.rejects()).toEqual({ 2: 'UNAVAILABLE', 3: 'UNAVAILABLE' });
    // What is learned later changes nothing.
    for (const { resolve } of gateway.producer.waiting) resolve();
    await gateway.settle();
    expect(client.connection.inFlight.count).toBe(0);
  });
});

describe('a socket that is not read', () => {
  test('is closed with 4001 past its bound, and what waits is dropped', async () => {
    const gateway = new TestGateway({ CLATTER_GATEWAY_OUTBOX_BYTES_MAX: 100_000 });
    const client = await gateway.live();
    const payload = Buffer.from(encodeServerFrame('json', { event: { seq: 1 } }) as string);
    client.socket.unsentBytes = 100_000;
    await gateway.hub.deliver({ deliveries: [{ jsonConnections: [1], json: payload }] });
    expect(client.socket.frames).toHaveLength(1);
    client.socket.unsentBytes++;
    await gateway.hub.deliver({ deliveries: [{ jsonConnections: [1, 1], json: payload }] });
    expect(client.socket.closed).toEqual({ code: 4001, reason: '0', drop: true });
    expect(client.socket.frames).toHaveLength(1);
  });
});

describe('draining', () => {
  test('asks to reconnect; all still works', async () => {
    const gateway = new TestGateway();
    const client = await gateway.live();
    client.connection.drain(1200);
    expect(client.connection.state).toBe('draining');
    client.message(10, 2);
    await client.say({ ref: 3, ping: {} });
    await client.say({ ref: 4, hello: { token: gateway.token(1) } });
    expect(client.socket.frames).toMatchObject([
      { goAway: { reconnectAfterMs: 1200 } },
      { ref: 3, pong: {} },
      { ref: 4, welcome: {} },
    ]);
    expect(gateway.producer.commands).toHaveLength(1);
    expect(client.connection.state).toBe('draining');
  });

  test('of one that is not welcomed yet comes after the welcome', async () => {
    const gateway = new TestGateway();
    const client = gateway.open();
    client.send({ ref: 1, hello: { token: gateway.token(1) } });
    client.connection.drain(500);
    await gateway.settle();
    expect(client.socket.frames).toMatchObject([{ ref: 1, welcome: {} }, { goAway: { reconnectAfterMs: 500 } }]);
  });
});

test('a socket that ended leaves nothing behind', async () => {
  const gateway = new TestGateway();
  const client = await gateway.live();
  await client.say({ ref: 2, watch: { userIds: [idOf(5)] } });
  expect(gateway.presence.watched.size).toBe(1);
  client.connection.onClosed();
  client.connection.onClosed();
  client.connection.close(4000, '');
  await gateway.settle();
  expect(gateway.presence.connections.size).toBe(0);
  expect(gateway.presence.watched.size).toBe(0);
  expect(gateway.hub.size).toBe(0);
  expect(gateway.clock.waiting).toBe(0);
  expect(client.socket.closed).toBeUndefined();
});
