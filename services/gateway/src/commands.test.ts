import { ClatterError, ClientFrame, type Input } from '@clatter/wire';
import { naughtyStrings } from '@clatter/wire/testing';
import { describe, expect, test } from 'vitest';
import { checkLabel, commandOf } from './commands.ts';
import { idOf } from './test/test-gateway.ts';

const SENDER = idOf(9);

const send = (change: object): Input<ClientFrame> => ({
  ref: 1,
  send: { conversationId: idOf(1), messageId: idOf(2), content: { text: { body: 'hi' } }, ...change },
});
const text = (body: string): Input<ClientFrame> => send({ content: { text: { body } } });
const react = (change: object): Input<ClientFrame> => ({
  ref: 1,
  react: { conversationId: idOf(1), commandId: idOf(2), seq: 5, emoji: '👍', ...change },
});
const opaque = (change: object): Input<ClientFrame> =>
  send({ content: { opaque: { type: 'application/x-poll', data: Uint8Array.of(1), ...change } } });

const command = (frame: Input<ClientFrame>) => commandOf(whole(frame), SENDER);
/** With every default, as the codec makes it. */
const whole = (frame: Input<ClientFrame>): ClientFrame => ClientFrame.decode(ClientFrame.encode(frame));

function refusal(run: () => unknown): ClatterError {
  try {
    run();
  } catch (error) {
    return error as ClatterError;
  }
  throw new Error('it was taken');
}

describe('a text', () => {
  test('is kept exactly, whatever it says', () => {
    for (const body of naughtyStrings) expect(command(text(body)).send?.content?.text?.body).toBe(body);
  });

  test.each([
    ['16 KiB of ASCII', 'x'.repeat(16_384)],
    ['16 KiB of two-byte letters', 'é'.repeat(8192)],
    ['16 KiB of emoji', '😀'.repeat(4096)],
    ['one byte', 'x'],
  ])('may be %s', (_, body) => {
    expect(command(text(body)).send?.content?.text?.body).toBe(body);
  });

  test.each([
    ['empty', ''],
    ['one byte longer than 16 KiB', 'x'.repeat(16_385)],
    ['one letter longer, in bytes', `${'é'.repeat(8192)}x`],
    ['one emoji longer', `${'😀'.repeat(4096)}x`],
    ['U+0000', 'a\0b'],
  ])('may not be %s', (_, body) => {
    expect(refusal(() => command(text(body)))).toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(/^send\.content\.text\.body: want /),
    });
  });

  test('may have no unpaired surrogates', () => {
    const frame = ClientFrame.create({});
    frame.send = {
      ...(whole(text('x')).send as NonNullable<ClientFrame['send']>),
      content: { text: { body: '\ud800', mentions: [] } },
    };
    expect(refusal(() => commandOf(frame, SENDER))).toMatchObject({ code: 'INVALID' });
  });
});

test.each<[string, Input<ClientFrame>, string]>([
  ['a conversation that is no UUID', send({ conversationId: 'x' }), 'send.conversationId'],
  ['a conversation with something around', send({ conversationId: `${idOf(1)}\n` }), 'send.conversationId'],
  ['no message id', send({ messageId: '' }), 'send.messageId'],
  ['no content', send({ content: undefined }), 'send.content'],
  ['a content of no known kind', send({ content: {} }), 'send.content'],
  ['two contents', send({ content: { text: { body: 'x' }, opaque: { type: 't' } } }), 'send.content'],
  ['an opaque without type', opaque({ type: '' }), 'send.content.opaque.type'],
  ['an opaque with a long type', opaque({ type: 'x'.repeat(101) }), 'send.content.opaque.type'],
  ['an opaque that is too large', opaque({ data: new Uint8Array(65_537) }), 'send.content.opaque.data'],
  ['an edit of nothing', { edit: { conversationId: idOf(1), commandId: idOf(2), content: {} } }, 'edit.seq'],
  ['an edit without id', { edit: { conversationId: idOf(1), seq: 1, content: {} } }, 'edit.commandId'],
  ['flags of which none is said', { setFlags: { conversationId: idOf(1), commandId: idOf(2) } }, 'setFlags'],
  [
    'a conversation that is pinned and archived',
    { setFlags: { conversationId: idOf(1), commandId: idOf(2), pinned: true, archived: true, messageNo: 1 } },
    'setFlags.pinned',
  ],
  [
    'an archive of what nobody knows',
    { setFlags: { conversationId: idOf(1), commandId: idOf(2), archived: true } },
    'setFlags.messageNo',
  ],
  [
    'a mute until after all time',
    { setFlags: { conversationId: idOf(1), commandId: idOf(2), muted: true, mutedUntilMs: 8_640_000_000_000_001 } },
    'setFlags.mutedUntilMs',
  ],
  [
    'a draft that is too long',
    { setDraft: { conversationId: idOf(1), commandId: idOf(2), text: 'x'.repeat(16_385) } },
    'setDraft.text',
  ],
  ['a reaction without emoji', react({ emoji: '' }), 'react.emoji'],
  ['a reaction with a long emoji', react({ emoji: 'x'.repeat(33) }), 'react.emoji'],
  ['a reaction with U+0000', react({ emoji: '\0' }), 'react.emoji'],
  ['a reaction to nothing', react({ seq: 0 }), 'react.seq'],
])('%s is INVALID, and the field is named', (_, frame, field) => {
  const error = refusal(() => command(frame));
  expect(error).toMatchObject({ code: 'INVALID' });
  expect(error.message.slice(0, field.length + 7)).toBe(`${field}: want `);
});

test('an opaque content of 64 KiB is taken', () => {
  expect(command(opaque({ data: new Uint8Array(65_536) })).send?.content?.opaque?.data).toHaveLength(65_536);
});

test('a reaction may be 32 bytes', () => {
  const family = '👩‍👩‍👧‍👦';
  expect(command(react({ emoji: family })).react?.emoji).toBe(family);
});

test('labels are short and have no control characters', () => {
  expect(checkLabel('title', '  Über uns 🎉 ')).toBe('  Über uns 🎉 ');
  expect(checkLabel('title', '😀'.repeat(200))).toHaveLength(400);
  for (const bad of ['x'.repeat(201), 'a\0', 'a\u0007', 'a\ud800'])
    expect(refusal(() => checkLabel('title', bad)).code).toBe('INVALID');
  expect(checkLabel('description', 'x'.repeat(2000))).toHaveLength(2000);
  expect(refusal(() => checkLabel('description', 'x'.repeat(2001))).code).toBe('INVALID');
});

test('what is for oneself goes to the own log, by its own id alone', () => {
  const about = { conversationId: idOf(1), commandId: idOf(2) };
  const own = { conversationId: SENDER, commandId: idOf(2), senderId: SENDER };
  const deleted = command({ ref: 1, delete: { ...about, seq: 5, forEveryone: false, knownSeq: 9 } });
  expect(deleted).toEqual({ ...own, retry: false, deleteForMe: { conversationId: idOf(1), seq: 5 } });
  expect(command({ ref: 1, setFlags: { ...about, muted: true, retry: true } })).toMatchObject({
    ...own,
    retry: true,
    setFlags: { conversationId: idOf(1), muted: true, mutedUntilMs: 0 },
  });
  expect(command({ ref: 1, setDraft: { ...about, text: 'hi ' } })).toMatchObject({
    ...own,
    setDraft: { conversationId: idOf(1), text: 'hi ' },
  });
});
