import { Command, DeadLetter } from '@clatter/contracts/messages';
import { expect, it } from 'vitest';
import { parseAddress } from './address.ts';
import { commandOf } from './command-of.ts';
import { describeLetter, HIDDEN, listLine } from './describe.ts';
import type { StoredLetter } from './letters.ts';

const CONVERSATION = '01900000-0000-7000-8000-00000000000c';
const ALICE = '01900000-0000-7000-8000-0000000000a1';
const ID = '01900000-0000-7000-8000-000000000001';

const send = Command.create({
  conversationId: CONVERSATION,
  senderId: ALICE,
  commandId: ID,
  receivedAtMs: 1_800_000_000_000,
  send: { content: { text: { body: 'the secret', mentions: [] } }, replyToSeq: 4 },
});

const stored = (letter: Partial<DeadLetter>): StoredLetter => ({
  partition: 2,
  offset: 12,
  timestampMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  headers: { schema: 'messages.v1.DeadLetter' },
  letter: DeadLetter.create({
    topic: 'clatter.commands',
    partition: 17,
    offset: 4711,
    reason: 'a bug',
    value: Command.encode(send),
    ...letter,
  }),
});

const shown = (letter: StoredLetter, content = false): string => describeLetter(letter, { content }).join('\n');

it('lists a letter in one line, without content', () => {
  expect(listLine(stored({}))).toBe('2:12  2026-01-02T03:04:05.006Z  clatter.commands 17:4711  a bug');
});

it('lists what is no letter', () => {
  const line = listLine({ partition: 0, offset: 1, timestampMs: 0, headers: {}, fault: 'no dead letter: cut off' });
  expect(line).toBe('0:1  1970-01-01T00:00:00.000Z  -  no dead letter: cut off');
});

it('keeps a reason in its line, away from the terminal, and short', () => {
  expect(listLine(stored({ reason: 'two\nlines \u001b[2J' }))).toMatch(/ {2}two\\u\{a\}lines \\u\{1b\}\[2J$/);
  expect(listLine(stored({ reason: 'x'.repeat(1000) }))).toMatch(/ x{200}…$/);
});

it('shows all of a command but what people wrote', () => {
  const text = shown(stored({}));
  for (const part of [
    'clatter.dead 2:12',
    'clatter.commands 17:4711',
    'a bug',
    CONVERSATION,
    ALICE,
    ID,
    '"replyToSeq": 4',
  ])
    expect(text).toContain(part);
  expect(text).toContain('command  send');
  expect(text).toContain(`"content": "${HIDDEN}"`);
  expect(text).not.toContain('secret');
  expect(shown(stored({}), true)).toContain('"body": "the secret"');
});

it.each([
  { create: { kind: 'group', title: 'secret', memberIds: [ALICE] } },
  { edit: { seq: 3, content: { text: { body: 'secret' } } } },
  { rename: { title: 'secret', description: 'secret', pictureUrl: 'https://secret' } },
  { react: { seq: 3, emoji: 'secret', remove: false } },
] as const)('hides what people wrote in %j', (body) => {
  const { send: _send, ...rest } = send;
  const value = Command.encode(Command.create({ ...rest, ...body } as Command));
  expect(shown(stored({ value }))).not.toContain('secret');
  expect(shown(stored({ value }), true)).toContain('secret');
});

it('shows bytes that are no command only to who asks for content', () => {
  const value = Buffer.from('not a command');
  expect(shown(stored({ value }))).not.toContain(value.toString('base64'));
  expect(shown(stored({ value }), true)).toContain(value.toString('base64'));
});

it('takes for a command only what it wholly understands', () => {
  const refusal = (letter: Partial<DeadLetter>): string => {
    try {
      commandOf(stored(letter).letter as DeadLetter);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const { send: _send, ...bodiless } = send;
  expect(refusal({})).toBe('');
  expect(refusal({ topic: 'clatter.signals' })).toContain('want a record of clatter.commands');
  expect(refusal({ value: new Uint8Array(0) })).toContain('conversationId is not a UUID');
  expect(refusal({ value: Buffer.from('garbage') })).toContain('no command');
  expect(refusal({ value: Command.encode(Command.create(bodiless)) })).toContain('no body that it can read');
  // Field 1000, of a version to come.
  const newer = Buffer.concat([Command.encode(send), Buffer.from([0xc0, 0x3e, 1])]);
  expect(refusal({ value: newer })).toContain('fields that would be lost');
});

it('reads addresses', () => {
  expect(parseAddress('3:12')).toEqual({ partition: 3, offset: 12 });
  for (const wrong of ['', '12', '1:', ':1', '-1:2', '1:2:3', '1:9999999999999999', 'a:b'])
    expect(() => parseAddress(wrong)).toThrow('Want <partition>:<offset>');
});
