import { request } from 'node:http';
import { createRequire } from 'node:module';
import { ClientFrame, subprotocols } from '@clatter/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawSocket, TestNet, until } from './index.ts';

type Person = Awaited<ReturnType<TestNet['person']>>;

let net: TestNet;
let alice: Person;
let bob: Person;
let stranger: Person;
let conversationId: string;

beforeAll(async () => {
  net = await TestNet.start({ CLATTER_GATEWAY_HELLO_MS: '300', CLATTER_ORIGINS: 'https://app.example' });
  [alice, bob, stranger] = (await net.people('alice', 'bob', 'stranger')) as [Person, Person, Person];
  ({ conversationId } = await alice.openDirect(bob.userId));
});
afterAll(() => net[Symbol.asyncDispose]());

const uuid = (): string => crypto.randomUUID();
const send = (ref: number, over: object = {}): object => ({
  ref,
  send: { conversationId, messageId: uuid(), content: { text: { body: 'hi' } }, ...over },
});

describe('close codes', () => {
  it.each([
    ['not JSON', 'not json'],
    ['a list', '[]'],
    ['no body', '{"ref":1}'],
    ['an unknown body alone', '{"ref":1,"dance":{}}'],
    ['two bodies', '{"ref":1,"ping":{},"hello":{"token":"x"}}'],
    ['binary on the JSON subprotocol', new Uint8Array([8, 1])],
  ])('4500 for %s', async (_, frame) => {
    const raw = await RawSocket.hello(net.url, alice.accessToken);
    raw.send(frame as string);
    expect(await raw.code()).toBe(4500);
  });

  it('4500 for text, garbage, no body and two bodies on the protobuf subprotocol', async () => {
    const two = new Uint8Array([
      ...ClientFrame.encode({ ref: 1, ping: {} }),
      ...ClientFrame.encode({ typing: { conversationId } }),
    ]);
    for (const frame of ['{"ref":1,"ping":{}}', new Uint8Array([255, 255, 255]), new Uint8Array([8, 1]), two]) {
      const raw = await RawSocket.open(net.url, subprotocols.proto);
      raw.send(new Uint8Array(ClientFrame.encode({ ref: 1, hello: { token: alice.accessToken } })));
      await raw.answer(1);
      raw.send(frame);
      expect(await raw.code()).toBe(4500);
    }
  });

  it('4501 for no hello in time, and for a frame before it', async () => {
    const silent = await RawSocket.open(net.url);
    const early = await RawSocket.open(net.url);
    early.send({ ref: 1, ping: {} });
    expect(await early.code()).toBe(4501);
    expect(await silent.code()).toBe(4501);
  });

  it('4502 for a bad token, with TOKEN_EXPIRED told apart', async () => {
    const [head, , signature] = alice.accessToken.split('.');
    const forged = `${head}.${Buffer.from(JSON.stringify({ sub: bob.userId, sid: uuid(), exp: 9_999_999_999 })).toString('base64url')}.${signature}`;
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${alice.accessToken.split('.')[1]}.`;
    for (const token of ['', 'x', forged, none]) {
      const raw = await RawSocket.open(net.url);
      raw.send({ ref: 1, hello: { token } });
      expect(await raw.code()).toBe(4502);
      expect(raw.closed?.reason).toMatch(/^UNAUTHENTICATED/);
    }
  });

  it('4504 for a subprotocol that nobody speaks', async () => {
    const raw = await RawSocket.open(net.url, 'something.else');
    expect(await raw.code()).toBe(4504);
  });

  it('1009 for a frame above the limit, and the process lives', async () => {
    const raw = await RawSocket.hello(net.url, alice.accessToken);
    raw.send('x'.repeat(131_073));
    expect(await raw.code()).toBe(1009);
    expect((await net.http('GET', '/v1/me', undefined, alice.accessToken)).status).toBe(200);
  });

  it('refuses pages of foreign origins, and takes those on the list', async () => {
    const upgrade = (origin: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const headers = {
          origin,
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-key': 'x3JJHMbDL1EzLkh9GBhXDw==',
          'sec-websocket-version': '13',
          'sec-websocket-protocol': subprotocols.json,
        };
        const asked = request(`${net.url}/v1/ws`, { headers });
        asked.on('response', (response) => resolve(response.statusCode));
        asked.on('upgrade', (response, socket) => {
          socket.destroy();
          resolve(response.statusCode);
        });
        asked.on('error', reject);
        asked.end();
      });
    expect(await upgrade('https://evil.example')).toBe(403);
    expect(await upgrade('https://app.example')).toBe(101);
  });
});

describe('rejects keep the socket', () => {
  it.each([
    ['a conversation id that is none', { conversationId: 'x' }, /conversationId/],
    ['a message id that is none', { messageId: '1' }, /messageId/],
    ['no content', { content: undefined }, /content/],
    ['a content of no known kind', { content: { dance: {} } }, /content/],
    ['an empty text', { content: { text: { body: '' } } }, /body/],
    ['a text that is a number', { content: { text: { body: 7 } } }, /body: want a string/],
    ['U+0000', { content: { text: { body: 'a\0b' } } }, /U\+0000/],
    ['an unpaired surrogate', { content: { text: { body: 'a\ud800b' } } }, /surrogate/],
    ['16 KiB and a byte', { content: { text: { body: 'x'.repeat(16_385) } } }, /16384/],
    ['16 KiB and a byte, in characters of three', { content: { text: { body: `${'€'.repeat(5461)}xx` } } }, /16384/],
    ['a reply to nothing', { replyToSeq: '999' }, /replyToSeq/],
    ['a seq that is none', { replyToSeq: 'abc' }, /replyToSeq/],
  ])('INVALID for %s', async (_, over, message) => {
    const raw = await RawSocket.hello(net.url, alice.accessToken);
    raw.send(send(7, over));
    expect((await raw.answer(7)).reject).toMatchObject({ code: 'INVALID', message: expect.stringMatching(message) });
    raw.send({ ref: 8, ping: {} });
    expect((await raw.answer(8)).pong).toBeDefined();
    raw.close();
  });

  it('NOT_FOUND for a stranger and for a conversation that is not there', async () => {
    const raw = await RawSocket.hello(net.url, stranger.accessToken);
    raw.send(send(2));
    raw.send(send(3, { conversationId: uuid() }));
    raw.send({ ref: 4, history: { conversationId } });
    for (const ref of [2, 3, 4]) expect((await raw.answer(ref)).reject?.code).toBe('NOT_FOUND');
    raw.close();
  });

  it('RATE_LIMITED past the frames a second', async () => {
    await using small = await TestNet.start({ CLATTER_GATEWAY_FRAMES_PER_SECOND: '20' });
    const carol = await small.person('carol');
    const raw = await RawSocket.hello(small.url, carol.accessToken);
    for (let ref = 2; ref < 60; ref++) raw.send({ ref, ping: {} });
    const refused = await until('a refusal', () => raw.frames.find((frame) => frame.reject));
    expect(refused.reject).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 1000 });
  });
});

describe('the JSON of frames', () => {
  it('always writes defaults, 64-bit integers as strings, ref first', async () => {
    const raw = await RawSocket.hello(net.url, alice.accessToken);
    const messageId = uuid().toUpperCase();
    raw.send(send(5, { messageId }));
    await raw.answer(5);
    const ack = raw.texts.find((text) => text.includes('"ack"')) as string;
    expect(ack).toMatch(/^\{"ref":5,"ack":\{/);
    const event = await until('the event', () =>
      raw.texts.find((text) => text.includes(messageId.toLowerCase()) && text.includes('"event"')),
    );
    expect(JSON.parse(event)).toEqual({
      ref: 0,
      event: {
        conversationId,
        seq: expect.stringMatching(/^\d+$/),
        messageNo: expect.stringMatching(/^\d+$/),
        senderId: alice.userId,
        sentAtMs: expect.stringMatching(/^\d{13}$/),
        message: {
          messageId: messageId.toLowerCase(),
          content: { text: { body: 'hi', mentions: [] } },
          edited: false,
          deleted: false,
          reactions: [],
        },
      },
    });
    raw.close();
  });

  it('gives a repeat the first ack, marked or not, on any socket', async () => {
    const first = await RawSocket.hello(net.url, alice.accessToken);
    const messageId = uuid();
    first.send(send(2, { messageId }));
    const ack = (await first.answer(2)).ack;
    const second = await RawSocket.hello(net.url, alice.accessToken, subprotocols.json);
    second.send(send(2, { messageId, retry: true }));
    second.send(send(3, { messageId, retry: true, knownSeq: '1' }));
    second.send(send(4, { messageId }));
    for (const ref of [2, 3, 4]) expect((await second.answer(ref)).ack).toEqual(ack);
    // The same id of another sender is another message.
    const other = await RawSocket.hello(net.url, bob.accessToken);
    other.send(send(2, { messageId }));
    expect((await other.answer(2)).ack?.seq).toBeGreaterThan(ack?.seq as number);
    for (const raw of [first, second, other]) raw.close();
  });

  it('takes hello again, with a token of the same person only', async () => {
    const raw = await RawSocket.hello(net.url, alice.accessToken);
    raw.send({ ref: 2, hello: { token: alice.accessToken } });
    expect((await raw.answer(2)).welcome?.userId).toBe(alice.userId);
    raw.send({ ref: 3, hello: { token: bob.accessToken } });
    expect(await raw.code()).toBe(4502);
  });
});

describe('texts come back exactly as they were sent', () => {
  const naughty = createRequire(import.meta.url)('big-list-of-naughty-strings/blns.json') as string[];
  const texts = [
    ...naughty.filter((text) => text !== '' && !text.includes('\0') && text.isWellFormed()),
    'مرحبا بالعالم',
    '中文，日本語、한국어',
    '👩‍👩‍👧‍👦🏳️‍🌈👍🏽',
    'Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́O̵̦',
    '  leading and trailing  \n\t',
    'e\u0301 is not \u00e9',
    '\ufeffbom, \u200b zero width, \u202e override',
    '\ufffd itself',
    'x'.repeat(16_384),
    '€'.repeat(5461),
  ];

  it.each(['json', 'proto'] as const)('%s', async (encoding) => {
    const sender = await net.device('alice', { encoding });
    const reader = await net.device('bob', { encoding: encoding === 'json' ? 'proto' : 'json' });
    const acks = await Promise.all(texts.map((text) => sender.send(conversationId, text).acked));
    await until(
      'all to arrive',
      () => (reader.events(conversationId).at(-1)?.seq ?? 0) >= Math.max(...acks.map((ack) => ack.seq)),
    );
    const live = new Map(reader.events(conversationId).map((event) => [event.seq, event.message?.content?.text?.body]));
    for (const [index, ack] of acks.entries()) {
      expect(live.get(ack.seq)).toBe(texts[index]);
      const { events } = await reader.history(conversationId, { after: ack.seq - 1, limit: 1 });
      expect(events[0]?.message?.content?.text?.body).toBe(texts[index]);
    }
  });
});

describe('HTTP', () => {
  it('answers with problems that name code and field', async () => {
    const cases: [string, string, unknown, string | undefined, number, string][] = [
      ['GET', '/v1/me', undefined, undefined, 401, 'UNAUTHENTICATED'],
      ['GET', '/v1/me', undefined, 'x.y.z', 401, 'UNAUTHENTICATED'],
      ['GET', '/v1/nothing', undefined, alice.accessToken, 404, 'NOT_FOUND'],
      ['POST', '/v1/accounts', { username: 'al', password: 'long enough' }, undefined, 400, 'INVALID'],
      ['POST', '/v1/accounts', { username: 'newone', password: 'short' }, undefined, 400, 'INVALID'],
      ['POST', '/v1/accounts', { username: 'ALICE', password: 'long enough' }, undefined, 409, 'CONFLICT'],
      ['POST', '/v1/accounts', '{not json', undefined, 400, 'INVALID'],
      ['POST', '/v1/sessions', { login: 'alice', password: 'wrong one' }, undefined, 401, 'UNAUTHENTICATED'],
      ['POST', '/v1/sessions', { login: 'nobody', password: 'wrong one' }, undefined, 401, 'UNAUTHENTICATED'],
      ['POST', '/v1/sessions/refresh', { refreshToken: 'x' }, undefined, 401, 'UNAUTHENTICATED'],
      ['GET', `/v1/users/${uuid()}`, undefined, alice.accessToken, 404, 'NOT_FOUND'],
      ['GET', `/v1/conversations/${conversationId}`, undefined, stranger.accessToken, 404, 'NOT_FOUND'],
      ['GET', '/v1/conversations/none', undefined, alice.accessToken, 404, 'NOT_FOUND'],
      ['GET', `/v1/conversations/${conversationId}/events?limit=0`, undefined, alice.accessToken, 400, 'INVALID'],
      [
        'GET',
        `/v1/conversations/${conversationId}/events?before=1&after=1`,
        undefined,
        alice.accessToken,
        400,
        'INVALID',
      ],
      ['GET', '/v1/conversations?cursor=nonsense', undefined, alice.accessToken, 400, 'INVALID'],
      ['POST', '/v1/conversations', { kind: 'direct', memberIds: [uuid()] }, alice.accessToken, 404, 'NOT_FOUND'],
      ['POST', '/v1/conversations', { kind: 'direct', memberIds: [] }, alice.accessToken, 400, 'INVALID'],
      ['POST', '/v1/conversations', { kind: 'dance' }, alice.accessToken, 400, 'INVALID'],
      [
        'POST',
        `/v1/conversations/${conversationId}/messages`,
        { messageId: 'x', content: { text: { body: 'y' } } },
        alice.accessToken,
        400,
        'INVALID',
      ],
    ];
    for (const [method, path, body, token, status, code] of cases) {
      const answer = await net.http(method, path, body, token);
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, status, code]);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
    }
    const unknown = await net.http('POST', '/v1/sessions', { login: 'nobody', password: 'wrong one' });
    const known = await net.http('POST', '/v1/sessions', { login: 'alice', password: 'wrong one' });
    expect(unknown.body.detail).toBe(known.body.detail);
  });

  it('sends a message for those without a socket, once', async () => {
    const body = { messageId: uuid(), content: { text: { body: 'by HTTP' } } };
    const path = `/v1/conversations/${conversationId}/messages`;
    const first = await net.http('POST', path, body, bob.accessToken);
    const again = await net.http('POST', path, body, bob.accessToken);
    expect(first).toMatchObject({
      status: 200,
      body: { conversationId, messageId: body.messageId, seq: expect.any(String) },
    });
    expect(again.body).toEqual(first.body);
  });

  it('makes one group of a repeated command, and answers 200 for a direct one that exists', async () => {
    const commandId = uuid();
    const group = { kind: 'group', title: 'Once', memberIds: [bob.userId], commandId };
    const [a, b] = await Promise.all([
      net.http('POST', '/v1/conversations', group, alice.accessToken),
      net.http('POST', '/v1/conversations', group, alice.accessToken),
    ]);
    expect(a.body.conversation.conversationId).toBe(b.body.conversation.conversationId);
    const direct = await net.http(
      'POST',
      '/v1/conversations',
      { kind: 'direct', memberIds: [bob.userId] },
      alice.accessToken,
    );
    expect(direct).toMatchObject({
      status: 200,
      body: { conversation: { conversationId, kind: 'direct', peerId: bob.userId } },
    });
  });

  it('limits failed logins of an account, then says when to come back', async () => {
    await net.person('careless');
    const wrong = (): ReturnType<TestNet['http']> =>
      net.http('POST', '/v1/sessions', { login: 'careless', password: 'not this one' });
    for (let i = 0; i < 10; i++) expect((await wrong()).status).toBe(401);
    const limited = await wrong();
    expect(limited).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('describes itself, and publishes its keys', async () => {
    const { body } = await net.http('GET', '/v1/openapi.json');
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining(['/v1/accounts', '/v1/sessions', '/v1/conversations/{id}/events']),
    );
    expect((await net.http('GET', '/.well-known/jwks.json')).body.keys[0]).toMatchObject({
      kty: 'OKP',
      crv: 'Ed25519',
      alg: 'EdDSA',
    });
    expect(JSON.stringify((await net.http('GET', '/.well-known/jwks.json')).body)).not.toContain('"d"');
  });
});
