import { describe, expect, test } from 'vitest';
import { FieldError, type Input, Writer } from './codec.ts';
import {
  BadFrame,
  bodyOf,
  type ClientBody,
  encodeClientFrame,
  encodeServerFrame,
  type FrameEncoding,
  InvalidFrame,
  parseClientFrame,
  parseServerFrame,
} from './frames.ts';
import { ClientFrame, type ServerFrame } from './generated/wire.ts';
import { naughtyStrings } from './testing.ts';

const conversationId = '0192b1a0-0000-7000-8000-000000000001';
const messageId = '0192b1a0-0000-7000-8000-000000000002';
const userId = '0192b1a0-0000-7000-8000-000000000003';
const encodings = ['json', 'proto'] as const;

const clientFrames: Record<ClientBody, Input<ClientFrame>> = {
  hello: { ref: 1, hello: { token: 'a.b.c', deviceId: 'd', client: 'app/1.0' } },
  send: {
    ref: 2,
    send: {
      conversationId,
      messageId,
      content: { text: { body: 'hi' } },
      replyToSeq: 4,
      clientTimeMs: 1_700_000_000_000,
      retry: true,
      knownSeq: 9,
    },
  },
  edit: {
    ref: 3,
    edit: {
      conversationId,
      commandId: messageId,
      seq: 5,
      content: { opaque: { type: 'application/x-poll', data: Uint8Array.of(0, 1, 254, 255) } },
      retry: false,
    },
  },
  delete: { ref: 4, delete: { conversationId, commandId: messageId, seq: 5, forEveryone: true, retry: false } },
  react: { ref: 5, react: { conversationId, commandId: messageId, seq: 5, emoji: '👍🏽', remove: true, retry: false } },
  receipt: { receipt: { conversationId, userId: '', deliveredSeq: 9, readSeq: 7 } },
  typing: { typing: { conversationId, userId: '', activity: 'RECORDING', expiresInMs: 0 } },
  sync: { ref: 5, sync: { known: [{ conversationId, seq: 9 }], cursor: 'c' } },
  history: { ref: 6, history: { conversationId, beforeSeq: 9, limit: 50 } },
  presence: { ref: 7, presence: { status: 'AWAY', foreground: true } },
  watch: { ref: 8, watch: { userIds: [userId] } },
  unwatch: { ref: 9, unwatch: { userIds: [userId] } },
  ping: { ref: 4_294_967_295, ping: {} },
  vote: { ref: 11, vote: { conversationId, commandId: messageId, seq: 5, options: [0, 2], retry: false } },
  setFlags: {
    ref: 20,
    setFlags: {
      conversationId: 'c',
      commandId: 'd',
      retry: true,
      muted: true,
      mutedUntilMs: 5,
      archived: true,
      messageNo: 7,
    },
  },
  setDraft: { ref: 21, setDraft: { conversationId: 'c', commandId: 'e', retry: false, text: 'half', replyToSeq: 3 } },
  closePoll: { ref: 12, closePoll: { conversationId, commandId: messageId, seq: 5, retry: true, knownSeq: 7 } },
  pin: { ref: 10, pin: { conversationId, commandId: messageId, seq: 5, remove: true, retry: false, knownSeq: 7 } },
};

const event = {
  conversationId,
  seq: 10,
  messageNo: 8,
  senderId: userId,
  sentAtMs: 1_700_000_000_000,
  message: { messageId, content: { text: { body: 'hi' } }, edited: false, deleted: false, reactions: [] },
};
const serverFrames: readonly Input<ServerFrame>[] = [
  {
    ref: 1,
    welcome: {
      sessionId: userId,
      connectionId: 'g-1',
      userId,
      serverTimeMs: 1,
      limits: { textBytesMax: 16_384, frameBytesMax: 131_072, framesPerSecondMax: 2000 },
    },
  },
  { ref: 2, ack: { conversationId, messageId, seq: 10, messageNo: 8, sentAtMs: Number.MAX_SAFE_INTEGER } },
  { ref: 2, reject: { code: 'NOT_A_MEMBER', message: 'no', retryAfterMs: 0 } },
  { ref: 0, event },
  { ref: 0, event: { ...event, message: undefined, membersChanged: { added: [], removedIds: [userId], changed: [] } } },
  { ref: 0, receipt: { conversationId, userId, deliveredSeq: 9, readSeq: 7 } },
  { ref: 0, receipts: { conversationId, items: [{ conversationId: '', userId, deliveredSeq: 9, readSeq: 7 }] } },
  { ref: 0, typing: { conversationId, userId, activity: 'TYPING', expiresInMs: 6000 } },
  { ref: 0, presence: { userId, status: 'ONLINE', lastSeenMs: 5 } },
  { ref: 5, syncPage: { conversations: [], cursor: 'c', done: true } },
  { ref: 6, historyPage: { events: [event], hasMore: true } },
  ...[
    { text: { body: '@Ann', mentions: [{ start: 0, length: 4, userId, all: false }] } },
    { contact: { userId, name: 'Ann', phones: ['+1'], emails: ['a@b'] } },
    { location: { latitude: -33.8567844, longitude: 1e-7, accuracyM: 0.5, name: 'x', liveForMs: 5 } },
    { poll: { question: '?', options: ['a', 'b'], multiple: true, anonymous: false, closesAtMs: 5 } },
    { custom: { type: 'a.b', json: '{"a": 1.0}', fallback: 'x' } },
  ].map((content) => ({ ref: 0, event: { ...event, message: { ...event.message, content } } })),
  { ref: 0, resync: {} },
  { ref: 0, goAway: { reconnectAfterMs: 1500 } },
  { ref: 9, pong: {} },
];

const text = new TextEncoder();

/** The error that a frame is refused with. */
function refusal(encoding: FrameEncoding, data: string | Uint8Array): unknown {
  try {
    parseClientFrame(encoding, data);
  } catch (error) {
    return error;
  }
  throw new Error('the frame was taken');
}

/** The same, where the frame is one, with a wrong field. */
function invalid(encoding: FrameEncoding, data: string | Uint8Array): InvalidFrame {
  const error = refusal(encoding, data);
  expect(error).toBeInstanceOf(InvalidFrame);
  return error as InvalidFrame;
}

describe.each(encodings)('frames as %s', (encoding) => {
  test.each(Object.entries(clientFrames))('a client frame with %s comes back the same', (body, frame) => {
    const parsed = parseClientFrame(encoding, encodeClientFrame(encoding, frame));
    expect(ClientFrame.toJson(parsed)).toBe(ClientFrame.toJson(frame));
    expect(bodyOf(parsed)).toBe(body);
  });

  test.each(serverFrames)('a server frame comes back the same: %o', (frame) => {
    const parsed = parseServerFrame(encoding, encodeServerFrame(encoding, frame));
    const body = Object.keys(frame).find((key) => key !== 'ref') as keyof ServerFrame;
    expect(parsed.ref).toBe(frame.ref);
    expect(parsed[body]).toMatchObject(frame[body] as object);
  });

  test('texts come back exactly', () => {
    for (const body of [...naughtyStrings, 'é'.repeat(8192), '\0', 'a\0b']) {
      const frame = { ref: 1, send: { conversationId, messageId, content: { text: { body } } } };
      expect(parseClientFrame(encoding, encodeClientFrame(encoding, frame)).send?.content?.text?.body).toBe(body);
    }
  });
});

describe('frames as JSON', () => {
  test('the server writes what has no presence, and 64-bit integers as strings, ref first', () => {
    expect(encodeServerFrame('json', { ref: 2, ack: { conversationId } })).toBe(
      `{"ref":2,"ack":{"conversationId":"${conversationId}","messageId":"","seq":"0","messageNo":"0","sentAtMs":"0"}}`,
    );
    expect(encodeServerFrame('json', { presence: { userId } })).toBe(
      `{"ref":0,"presence":{"userId":"${userId}","status":"UNSPECIFIED","lastSeenMs":"0"}}`,
    );
    expect(encodeServerFrame('json', { syncPage: {} })).toBe(
      '{"ref":0,"syncPage":{"conversations":[],"cursor":"","done":false}}',
    );
  });

  test('fields that are absent, null or unknown are no error', () => {
    const frame = parseClientFrame(
      'json',
      '{"later":{"a":[1]},"send":{"content":{"text":{"body":"x","bold":[]}},"replyToSeq":null,"priority":9},"typing":null}',
    );
    expect(frame.send).toMatchObject({ conversationId: '', content: { text: { body: 'x' } }, replyToSeq: undefined });
  });

  test('integers are taken as numbers and as strings, up to 2^53 - 1', () => {
    for (const seq of ['9007199254740991', '"9007199254740991"'])
      expect(parseClientFrame('json', `{"delete":{"seq":${seq}}}`).delete?.seq).toBe(9_007_199_254_740_991);
    for (const seq of [
      '9007199254740992',
      '"9007199254740992"',
      '"18446744073709551616"',
      '-1',
      '"-1"',
      '1.5',
      '1e300',
      '"1e3"',
      '"0x10"',
      '" 5"',
      '""',
      'true',
      '[]',
      '{}',
    ])
      expect(invalid('json', `{"ref":3,"delete":{"seq":${seq}}}`)).toMatchObject({
        code: 'INVALID',
        ref: 3,
        body: 'delete',
        message: expect.stringMatching(/^delete\.seq: want an integer/),
      });
  });

  test.each([
    ['{"ref":7,"send":{"conversationId":5}}', 'send.conversationId: want a string, got 5'],
    ['{"ref":7,"send":[]}', 'send: want an object, got a list'],
    ['{"ref":7,"send":"x"}', 'send: want an object, got "x"'],
    ['{"ref":7,"send":{"retry":1}}', 'send.retry: want true or false, got 1'],
    [
      '{"ref":7,"send":{"content":{"text":{"body":"\\ud800"}}}}',
      'send.content.text.body: want a string without unpaired surrogates, got a string of 1',
    ],
    [
      '{"ref":7,"send":{"content":{"text":{"body":"\\udc00\\ud800"}}}}',
      'send.content.text.body: want a string without unpaired surrogates, got a string of 2',
    ],
    [
      '{"ref":7,"send":{"content":{"text":{"body":"a"},"opaque":{"type":"t"}}}}',
      'send.content: want only one of text, opaque, got "2 of them"',
    ],
    [
      '{"ref":7,"send":{"content":{"opaque":{"data":"not base64!"}}}}',
      'send.content.opaque.data: want base64 text, got "not base64!"',
    ],
    ['{"ref":7,"sync":{"known":{}}}', 'sync.known: want a list, got an object'],
    ['{"ref":7,"sync":{"known":[null]}}', 'sync.known: want an object, got null'],
    ['{"ref":7,"watch":{"userIds":[1]}}', 'watch.userIds: want a string, got 1'],
    [
      '{"ref":7,"presence":{"status":"GONE"}}',
      'presence.status: want one of ONLINE, AWAY, BUSY, OFFLINE, UNKNOWN, got "GONE"',
    ],
    [
      '{"ref":7,"typing":{"activity":"typing"}}',
      'typing.activity: want one of TYPING, RECORDING, UPLOADING, NONE, got "typing"',
    ],
    [
      '{"ref":7,"typing":{"activity":[]}}',
      'typing.activity: want one of TYPING, RECORDING, UPLOADING, NONE, got a list',
    ],
  ])('a wrong field is named: %s', (data, message) => {
    expect(invalid('json', data)).toMatchObject({ message, ref: 7 });
  });

  test.each(['-1', '1.5', '4294967296', 'true', '"x"', '{}'])('a ref that is none cannot be echoed: %s', (ref) => {
    expect(invalid('json', `{"ref":${ref},"ping":{}}`)).toMatchObject({ ref: 0, body: 'ping' });
  });

  test.each([
    '',
    ' ',
    'hello',
    '{',
    'null',
    '5',
    '"ping"',
    '[]',
    '[{"ping":{}}]',
    '{}',
    '{"ref":1}',
    '{"ref":1,"ping":null}',
    '{"ref":1,"dance":{}}',
    '{"ref":1,"ping":{},"send":{}}',
    '{"__proto__":{"ping":{}}}',
    '\ufeff{"ping":{}}',
  ])('no frame at all: %s', (data) => {
    expect(refusal('json', data)).toBeInstanceOf(BadFrame);
  });

  test('however deep it is', () => {
    for (const data of ['['.repeat(120_000), '{"a":'.repeat(24_000)])
      expect(refusal('json', data)).toBeInstanceOf(BadFrame);
    const deep = `{"ref":1,"ping":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`;
    expect(parseClientFrame('json', deep)).toMatchObject({ ref: 1, ping: {} });
  });

  test('binary is no frame of this subprotocol', () => {
    expect(refusal('json', text.encode('{"ping":{}}'))).toBeInstanceOf(BadFrame);
  });

  test('the server may know more: its bodies that are unknown here leave the frame and the seq', () => {
    const frame = parseServerFrame(
      'json',
      `{"ref":0,"event":{"conversationId":"${conversationId}","seq":"7","messageNo":"1","polled":{}}}`,
    );
    expect(frame.event).toMatchObject({ seq: 7, messageNo: 1, message: undefined });
    expect(parseServerFrame('json', '{"ref":4,"dance":{}}')).toMatchObject({ ref: 4, event: undefined });
    expect(() => parseServerFrame('json', '{"ref":4,')).toThrow(BadFrame);
    expect(() => parseServerFrame('json', '[]')).toThrow(BadFrame);
  });
});

describe('frames as protobuf', () => {
  const frame = (ref: number, field: number, write: (writer: Writer) => Writer): Uint8Array =>
    write(
      Writer.create()
        .uint32(8)
        .uint32(ref)
        .uint32((field << 3) | 2)
        .fork(),
    )
      .ldelim()
      .finish();

  test('text is no frame of this subprotocol', () => {
    expect(refusal('proto', '{"ping":{}}')).toBeInstanceOf(BadFrame);
  });

  test('unknown fields of every wire type are skipped', () => {
    const bytes = Writer.create()
      .uint32((99 << 3) | 0)
      .uint32(5)
      .uint32((98 << 3) | 1)
      .fixed64(5)
      .uint32((97 << 3) | 2)
      .string('later')
      .uint32((96 << 3) | 5)
      .fixed32(5)
      .uint32((95 << 3) | 3)
      .uint32((1 << 3) | 0)
      .uint32(1)
      .uint32((95 << 3) | 4)
      // `ref` as a string is another field than ours.
      .uint32((1 << 3) | 2)
      .string('x')
      .uint32((14 << 3) | 2)
      .fork()
      .ldelim()
      .finish();
    expect(parseClientFrame('proto', bytes)).toMatchObject({ ref: 0, ping: {} });
  });

  test.each([
    ['no body', Uint8Array.of(8, 1)],
    ['nothing', new Uint8Array(0)],
    ['two bodies', Uint8Array.of(8, 1, 114, 0, 90, 0)],
    ['a body of a later proto', Uint8Array.of(8, 1, 0xfa, 1, 0)],
    ['an end inside a field', Uint8Array.of(8, 1, 18, 50, 1)],
    ['field number 0', Uint8Array.of(0, 0)],
    ['wire type 7', Uint8Array.of(15, 0)],
    ['an endless varint', new Uint8Array(20).fill(0xff)],
    ['groups in groups', new Uint8Array(120_000).fill(0x7b)],
    ['JSON', text.encode('{"ref":1,"ping":{}}')],
  ])('no frame at all: %s', (_, data) => {
    expect(refusal('proto', data)).toBeInstanceOf(BadFrame);
  });

  const notUtf8: readonly (readonly [string, number[]])[] = [
    ['an unpaired surrogate', [0xed, 0xa0, 0x80]],
    ['a pair of encoded surrogates', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
    ['an overlong NUL', [0xc0, 0x80]],
    ['an overlong letter', [0xc1, 0x81]],
    ['an end inside a character', [0xe2, 0x82]],
    ['a lone continuation', [0x80]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ];
  test.each(notUtf8)('text that is not UTF-8 is a wrong field: %s', (_, bytes) => {
    const data = frame(7, 3, (send) => send.uint32((1 << 3) | 2).bytes(Uint8Array.from(bytes)));
    expect(invalid('proto', data)).toMatchObject({ ref: 7, body: 'send' });
  });

  test('integers are taken up to 2^53 - 1', () => {
    const seq = (bytes: readonly number[]) =>
      Uint8Array.of(8, 7, (5 << 3) | 2, bytes.length + 1, (3 << 3) | 0, ...bytes);
    const max = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
    expect(parseClientFrame('proto', seq(max)).delete?.seq).toBe(Number.MAX_SAFE_INTEGER);
    for (const bytes of [
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
      [...Array<number>(9).fill(0xff), 0x01],
      [...Array<number>(9).fill(0x80), 0x01],
    ])
      expect(invalid('proto', seq(bytes))).toMatchObject({ ref: 7, body: 'delete' });
  });

  test('the body of a frame with a wrong field is known by its number', () => {
    const bad = Uint8Array.of(0xff);
    const bodies: readonly ClientBody[] = ['hello', 'send', 'edit', 'delete', 'react', 'receipt', 'typing'];
    bodies.forEach((body, index) => {
      const data = frame(3, index + 2, (writer) => writer.uint32((1 << 3) | 2).bytes(bad));
      expect(invalid('proto', data)).toMatchObject({ ref: 3, body });
    });
    const inHistory = frame(3, 10, (writer) => writer.uint32((1 << 3) | 2).bytes(bad));
    expect(invalid('proto', inHistory)).toMatchObject({ ref: 3, body: 'history' });
    for (const [field, body] of [
      [12, 'watch'],
      [13, 'unwatch'],
    ] as const)
      expect(
        refusal(
          'proto',
          frame(3, field, (writer) => writer.uint32((1 << 3) | 2).bytes(bad)),
        ),
      ).toMatchObject({
        body,
      });
  });
});

/** mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('whatever comes, it is a frame, a BadFrame or an InvalidFrame', () => {
  const random = seeded(20_261_124);
  const below = (max: number): number => Math.floor(random() * max);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;

  const tryFrame = (encoding: FrameEncoding, data: string | Uint8Array): void => {
    let frame: ClientFrame;
    try {
      frame = parseClientFrame(encoding, data);
    } catch (error) {
      if (error instanceof BadFrame || error instanceof InvalidFrame) return;
      throw new Error(`${encoding}: ${JSON.stringify(typeof data === 'string' ? data : [...data])}`, { cause: error });
    }
    // What was taken is whole: it can be written again, in both encodings, and says the same.
    const said = ClientFrame.toJson(frame);
    for (const other of encodings)
      expect(ClientFrame.toJson(parseClientFrame(other, encodeClientFrame(other, frame)))).toBe(said);
  };

  const mutated = (bytes: Uint8Array): Uint8Array => {
    const copy = Array.from(bytes);
    for (let changes = 1 + below(4); changes > 0; changes--) {
      const at = below(copy.length + 1);
      switch (below(5)) {
        case 0:
          copy[at] = below(256);
          break;
        case 1:
          copy.splice(at, below(6));
          break;
        case 2:
          copy.splice(at, 0, below(256));
          break;
        case 3:
          copy.splice(at, 0, ...copy.slice(below(copy.length + 1), below(copy.length + 1)));
          break;
        default:
          if (at < copy.length) copy[at] = (copy[at] as number) ^ (1 << below(8));
      }
    }
    return Uint8Array.from(copy);
  };

  test('random bytes', () => {
    for (let i = 0; i < 30_000; i++)
      tryFrame(
        'proto',
        Uint8Array.from({ length: below(40) }, () => (random() < 0.5 ? below(24) : below(256))),
      );
  });

  test('mutated protobuf frames', () => {
    const seeds = Object.values(clientFrames).map((frame) => ClientFrame.encode(frame));
    for (let i = 0; i < 30_000; i++) tryFrame('proto', mutated(pick(seeds)));
  });

  test('a part that runs past the end of what it lies in is no frame', () => {
    // Otherwise what is behind that end would count twice: in the part, and as the next field of what is around it.
    for (const frame of Object.values(clientFrames)) {
      const { ref: _, ...body } = frame;
      const bytes = ClientFrame.encode(body);
      if (bytes.length < 3 || bytes.length - 2 !== bytes[1]) continue;
      for (let claimed = 0; claimed <= bytes[1]; claimed++) {
        const shorter = Uint8Array.from(bytes);
        shorter[1] = claimed;
        tryFrame('proto', shorter);
      }
    }
    // A send with an id of three bytes: of a send that claims fewer, the id runs past the end.
    const send = (claimed: number): Uint8Array => Uint8Array.from([8, 1, 0x1a, claimed, 0x0a, 3, 0x0a, 1, 0x61]);
    expect(parseClientFrame('proto', send(5)).send?.conversationId).toBe('\n\u0001a');
    for (const claimed of [1, 2, 3, 4])
      expect(() => parseClientFrame('proto', send(claimed)), `${claimed} bytes`).toThrow(BadFrame);
  });

  test('mutated JSON frames', () => {
    const seeds = Object.values(clientFrames).map((frame) => text.encode(ClientFrame.toJson(frame)));
    const decoder = new TextDecoder();
    for (let i = 0; i < 30_000; i++) tryFrame('json', decoder.decode(mutated(pick(seeds))));
  });

  test('JSON of the right names and the wrong values', () => {
    const names = Object.keys(clientFrames).concat(
      'ref',
      'content',
      'text',
      'body',
      'known',
      'seq',
      'userIds',
      'status',
    );
    const value = (depth: number): unknown => {
      switch (below(depth > 4 ? 6 : 9)) {
        case 0:
          return null;
        case 1:
          return random() < 0.5;
        case 2:
          return pick([0, -1, 1.5, 2 ** 53, 1e308, 4_294_967_296]);
        case 3:
          return pick(['', '0', '-1', '\ud800', '\0', conversationId, 'ONLINE', 'TYPING', '9'.repeat(20)]);
        case 4:
          return [];
        case 5:
          return {};
        case 6:
          return Array.from({ length: below(4) }, () => value(depth + 1));
        default:
          return Object.fromEntries(Array.from({ length: below(5) }, () => [pick(names), value(depth + 1)]));
      }
    };
    for (let i = 0; i < 30_000; i++) tryFrame('json', JSON.stringify(value(0)));
  });
});

test('a FieldError shows no long or broken text', () => {
  expect(new FieldError('a.b', 'a string', 'x'.repeat(50)).message).toBe('a.b: want a string, got a string of 50');
  expect(new FieldError('a.b', 'a string', '\ud800').message).toBe('a.b: want a string, got a string of 1');
});
