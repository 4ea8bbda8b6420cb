import { connect, type Socket } from 'node:net';
import { ClientFrame, ServerFrame } from '@clatter/wire';
import { naughtyStrings } from '@clatter/wire/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, SmallPlatform } from './test/small-platform.ts';
import { idOf } from './test/test-gateway.ts';

let platform: SmallPlatform;
let alice: Person;
let bob: Person;
let conversationId: string;

beforeAll(async () => {
  platform = await SmallPlatform.start({
    CLATTER_GATEWAY_HELLO_MS: '400',
    CLATTER_GATEWAY_PING_MS: '1000',
    CLATTER_GATEWAY_FRAMES_PER_SECOND: '300',
    CLATTER_GATEWAY_OUTBOX_BYTES_MAX: '200000',
    CLATTER_ORIGINS: 'https://app.example',
  });
  [alice, bob] = [await platform.person('alice'), await platform.person('bob')];
  const made = await platform.http(
    'POST',
    '/v1/conversations',
    { kind: 'direct', memberIds: [bob.userId] },
    alice.token,
  );
  conversationId = made.body.conversation.conversationId;
});

afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

/** A bare TCP connection after the upgrade. */
async function upgraded(
  headers = 'Sec-WebSocket-Protocol: clatter.v1.json\r\n',
): Promise<{ socket: Socket; read: Buffer[] }> {
  const read: Buffer[] = [];
  const socket = connect(platform.gateway.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    `GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`,
  );
  await new Promise<void>((resolve) => socket.once('data', () => resolve()));
  socket.on('data', (data: Buffer) => read.push(data));
  return { socket, read };
}

/** A masked frame of a client. */
function masked(payload: Buffer | string, opcode = 1, fin = true): Buffer {
  const bytes = Buffer.from(payload);
  const mask = Buffer.from([1, 2, 3, 4]);
  const length =
    bytes.length < 126
      ? Buffer.from([0x80 | bytes.length])
      : Buffer.from([0x80 | 126, bytes.length >> 8, bytes.length & 255]);
  return Buffer.concat([
    Buffer.from([(fin ? 0x80 : 0) | opcode]),
    length,
    mask,
    bytes.map((byte, index) => byte ^ (mask[index % 4] as number)),
  ]);
}

/** The code of the close frame that is read, or undefined. */
async function closeCode({ socket, read }: { socket: Socket; read: Buffer[] }): Promise<number | undefined> {
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    setTimeout(resolve, 3000).unref();
  });
  const all = Buffer.concat(read);
  const at = all.lastIndexOf(0x88);
  return at < 0 ? undefined : all.readUInt16BE(at + 2);
}

describe('opening', () => {
  test('both subprotocols serve the same', async () => {
    const json = await platform.hello(alice);
    const proto = platform.socket({ protocol: 'clatter.v1.proto' });
    proto.send(Buffer.from(ClientFrame.encode({ ref: 5, hello: { token: bob.token } })));
    const welcome = ServerFrame.decode(await proto.frame(Buffer.isBuffer));
    expect(welcome).toMatchObject({ ref: 5, welcome: { userId: bob.userId } });
    expect(json.raw.protocol).toBe('clatter.v1.json');
    json.send({ ref: 2, send: { conversationId, messageId: idOf(1), content: { text: { body: 'hi' } } } });
    const ack = await json.answer(2);
    expect(ack.ack).toMatchObject({ conversationId, messageId: idOf(1), seq: expect.stringMatching(/^\d+$/) });
    const own = await json.frame((frame) => frame.event?.message?.messageId === idOf(1));
    const other = await proto.frame(
      (frame) => Buffer.isBuffer(frame) && ServerFrame.decode(frame).event?.message?.messageId === idOf(1),
    );
    expect(own).toEqual(JSON.parse(ServerFrame.toJson(ServerFrame.decode(other))));
    json.raw.terminate();
    proto.raw.terminate();
  });

  test.each([['clatter.v2.json'], ['']])('a subprotocol that nobody speaks ("%s"): 4504', async (protocol) => {
    const socket = platform.socket({ protocol });
    expect(await socket.close()).toMatchObject({ code: 4504 });
  });

  test('garbage on a socket that is about to be closed harms nobody', async () => {
    const { socket } = await upgraded('');
    socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]));
    await new Promise((resolve) => socket.once('close', resolve));
    expect((await platform.http('GET', '/v1/me', undefined, alice.token)).status).toBe(200);
  });

  test('pages of other origins: 403; those on the list and programs may', async () => {
    expect(await platform.socket({ origin: 'https://evil.example' }).refusal()).toMatch(/403/);
    for (const origin of ['https://app.example', platform.url]) {
      const socket = platform.socket({ origin });
      socket.send({ ref: 1, hello: { token: alice.token } });
      expect(await socket.answer(1)).toMatchObject({ welcome: {} });
      socket.raw.terminate();
    }
  });

  test('another path is no socket', async () => {
    const socket = connect(platform.gateway.port, '127.0.0.1');
    socket.write('GET /v1/me HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
  });

  test('a program that offers HTTP/2 in passing is served', async () => {
    const socket = connect(platform.gateway.port, '127.0.0.1');
    socket.write(
      'GET /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n',
    );
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    socket.destroy();
  });

  test('no hello in time: 4501', async () => {
    expect(await platform.socket().close()).toMatchObject({ code: 4501 });
  });

  test('hello and what follows may come in one write', async () => {
    const raw = await upgraded();
    raw.socket.write(
      Buffer.concat([
        masked(JSON.stringify({ ref: 1, hello: { token: alice.token } })),
        masked('{"ref":2,"sync":{}}'),
        masked('{"ref":3,"ping":{}}'),
      ]),
    );
    await expect
      .poll(() => Buffer.concat(raw.read).toString('latin1'))
      .toMatch(/"ref":1,"welcome".*"ref":[23],.*"ref":[23],/s);
    raw.socket.destroy();
  });
});

describe('what breaks the protocol', () => {
  test('more than 128 KiB: 1009', async () => {
    const socket = await platform.hello(alice);
    socket.send(`{"ref":2,"ping":{},"x":"${'x'.repeat(131_072)}"}`);
    expect((await socket.close()).code).toBe(1009);
  });

  test('a frame of 128 KiB is taken', async () => {
    const socket = await platform.hello(alice);
    const around = '{"ref":2,"ping":{},"x":""}'.length;
    socket.send(`{"ref":2,"ping":{},"x":"${'x'.repeat(131_072 - around)}"}`);
    expect(await socket.answer(2)).toEqual({ ref: 2, pong: {} });
    socket.raw.terminate();
  });

  test.each([
    ['an unmasked frame', Buffer.from([0x81, 2, 0x7b, 0x7d]), 1002],
    ['a reserved bit', Buffer.concat([Buffer.from([0xc1]), masked('{}').subarray(1)]), 1002],
    ['a reserved opcode', masked('{}', 3), 1002],
    ['a ping in fragments', masked('x', 9, false), 1002],
    ['a continuation of nothing', masked('x', 0), 1002],
    ['a second message inside the first', Buffer.concat([masked('{', 1, false), masked('}', 1)]), 1002],
    ['text that is not UTF-8', masked(Buffer.from([0xc3, 0x28])), 1007],
    ['a close frame of one byte', masked('x', 8), 1002],
    ['binary on the JSON subprotocol', masked('{"ref":1,"ping":{}}', 2), 4500],
    ['no JSON', masked('hello'), 4500],
    ['a frame before hello', masked('{"ref":1,"ping":{}}'), 4501],
  ])('%s', async (_, bytes, code) => {
    const raw = await upgraded();
    raw.socket.write(bytes);
    expect(await closeCode(raw)).toBe(code);
  });

  test('fragments make a frame, with control frames between', async () => {
    const raw = await upgraded();
    const hello = JSON.stringify({ ref: 1, hello: { token: alice.token } });
    raw.socket.write(
      Buffer.concat([
        masked(hello.slice(0, 10), 1, false),
        masked('are you there?', 9),
        masked(hello.slice(10, 20), 0, false),
        masked(hello.slice(20), 0),
      ]),
    );
    await expect.poll(() => Buffer.concat(raw.read).toString('latin1')).toMatch(/are you there\?.*"welcome"/s);
    expect(Buffer.concat(raw.read).subarray(0, 2)).toEqual(Buffer.from([0x8a, 14]));
    raw.socket.destroy();
  });

  test('a close of the client is answered, and it is unregistered', async () => {
    const socket = await platform.hello(alice);
    const before = platform.presence.connections.size;
    socket.raw.close(1000, 'bye');
    expect(await socket.close()).toEqual({ code: 1000, reason: 'bye' });
    await expect.poll(() => platform.presence.connections.size).toBe(before - 1);
  });
});

describe('a live socket', () => {
  test('texts come back exactly', async () => {
    const socket = await platform.hello(alice);
    for (const [index, body] of [...naughtyStrings, 'x'.repeat(16_384), '😀'.repeat(4096)].entries()) {
      const messageId = idOf(1000 + index);
      socket.send({ ref: index + 2, send: { conversationId, messageId, content: { text: { body } } } });
      const { event } = await socket.frame((frame) => frame.event?.message?.messageId === messageId);
      expect(event.message.content.text.body).toBe(body);
    }
    for (const [ref, body] of [
      [900, 'x'.repeat(16_385)],
      [901, ''],
      [902, 'a\0'],
    ] as const)
      socket.send({ ref, send: { conversationId, messageId: idOf(1), content: { text: { body } } } });
    socket.send(
      `{"ref":903,"send":{"conversationId":"${conversationId}","messageId":"${idOf(1)}","content":{"text":{"body":"\\ud800"}}}}`,
    );
    for (const ref of [900, 901, 902, 903]) expect((await socket.answer(ref)).reject.code).toBe('INVALID');
    expect(socket.closed).toBeUndefined();
    socket.raw.terminate();
  });

  test('what messages rejects reaches the socket', async () => {
    const socket = await platform.hello(alice);
    socket.send({ ref: 2, send: { conversationId: idOf(9), messageId: idOf(1), content: { text: { body: 'x' } } } });
    expect((await socket.answer(2)).reject).toMatchObject({ code: 'NOT_FOUND', retryAfterMs: 0 });
    socket.raw.terminate();
  });

  test('too many frames: RATE_LIMITED, then 4008', async () => {
    const socket = await platform.hello(alice);
    for (let ref = 2; ref < 1500; ref++) socket.send({ ref, ping: {} });
    await socket.frame((frame) => frame.reject?.code === 'RATE_LIMITED');
    expect(await socket.close()).toEqual({ code: 4008, reason: '1000' });
  });

  test('a socket that nobody reads: it is let go, and the others are served', async () => {
    const slow = await platform.hello(bob);
    slow.raw.pause();
    const quick = await platform.hello(alice);
    const body = 'x'.repeat(16_000);
    for (let i = 0; i < 400 && platform.presence.connections.size > 1; i++) {
      const messageId = idOf(5000 + i);
      quick.send({ ref: i + 2, send: { conversationId, messageId, content: { text: { body } } } });
      expect((await quick.answer(i + 2)).ack ?? 'rate').toBeTruthy();
      quick.frames.length = 0;
    }
    await expect.poll(() => platform.presence.connections.size).toBe(1);
    slow.raw.terminate();
    quick.raw.terminate();
  });

  test('a dead peer is let go after two pings without a word', async () => {
    const raw = await upgraded();
    raw.socket.write(masked(JSON.stringify({ ref: 1, hello: { token: alice.token } })));
    await expect.poll(() => Buffer.concat(raw.read).toString('latin1')).toMatch(/"welcome"/);
    const began = Date.now();
    await new Promise((resolve) => raw.socket.once('close', resolve));
    expect(Date.now() - began).toBeGreaterThan(300);
    expect(Buffer.concat(raw.read).includes(Buffer.from([0x89, 4, 0, 0, 0, 0]))).toBe(true);
  });

  test('a peer that answers pings stays', async () => {
    const socket = await platform.hello(alice);
    await new Promise((resolve) => setTimeout(resolve, 4500));
    socket.send({ ref: 2, ping: {} });
    expect(await socket.answer(2)).toEqual({ ref: 2, pong: {} });
    socket.raw.terminate();
  });

  test('its session ends: 4503 within a second, and its token opens no other', async () => {
    const carol = await platform.person('carol');
    const socket = await platform.hello(carol);
    const began = Date.now();
    expect((await platform.http('DELETE', '/v1/sessions/current', undefined, carol.token)).status).toBe(204);
    expect(await socket.close()).toMatchObject({ code: 4503 });
    expect(Date.now() - began).toBeLessThan(1000);
    const again = platform.socket();
    again.send({ ref: 1, hello: { token: carol.token } });
    expect(await again.close()).toMatchObject({ code: 4503 });
    expect((await platform.http('GET', '/v1/me', undefined, carol.token)).body.code).toBe('UNAUTHENTICATED');
  });

  test('an expired token: 4502, and the reason says so', async () => {
    const socket = platform.socket();
    socket.send({ ref: 1, hello: { token: await platform.sign(alice, -5) } });
    expect(await socket.close()).toMatchObject({ code: 4502, reason: expect.stringMatching(/^TOKEN_EXPIRED/) });
    const bad = platform.socket();
    bad.send({ ref: 1, hello: { token: `${alice.token.slice(0, -4)}AAAA` } });
    expect(await bad.close()).toMatchObject({ code: 4502, reason: expect.stringMatching(/^UNAUTHENTICATED/) });
  });

  test('the log does not take commands: UNAVAILABLE in order, and new ones once it does', async () => {
    const socket = await platform.hello(alice);
    const send = (ref: number, retry = false): void =>
      socket.send({
        ref,
        send: { conversationId, messageId: idOf(7000 + (ref % 100)), content: { text: { body: 'x' } }, retry },
      });
    platform.logFaults.away = true;
    for (const ref of [11, 12, 13]) send(ref);
    for (const ref of [11, 12, 13])
      expect((await socket.answer(ref)).reject).toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 1000 });
    expect(platform.gateway.ready().ok).toBe(false);
    platform.logFaults.away = false;
    for (const ref of [111, 112, 113]) send(ref, true);
    const seqs = [];
    for (const ref of [111, 112, 113]) seqs.push(Number((await socket.answer(ref)).ack.seq));
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    platform.logFaults.away = true;
    send(14);
    await socket.answer(14);
    platform.logFaults.away = false;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    send(15);
    expect(await socket.answer(15)).toMatchObject({ ack: {} });
    expect(platform.gateway.ready().ok).toBe(true);
    socket.raw.terminate();
  });
});
