import { ClatterError, Content, type Input } from '@clatter/wire';
import { describe, expect, test } from 'vitest';
import { checkContent } from './contents.ts';
import { idOf } from './test/test-gateway.ts';

function refusal(content: Input<Content>): string {
  try {
    checkContent('content', content);
  } catch (error) {
    expect(error).toBeInstanceOf(ClatterError);
    expect(error).toMatchObject({ code: 'INVALID' });
    return (error as ClatterError).message;
  }
  throw new Error('it was taken');
}

const mention = (...mentions: object[]): Input<Content> => ({ text: { body: 'hi @Ann 👋 @all', mentions } });
const custom = (json: string, more: object = {}): Input<Content> => ({
  custom: { type: 'org.example.order', json, ...more },
});
const nested = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;

describe('a content', () => {
  test.each<[string, Input<Content>]>([
    ['a text that speaks of somebody', mention({ start: 3, length: 4, userId: idOf(1) })],
    [
      'a text that speaks of all, behind an emoji',
      mention({ start: 3, length: 4, userId: idOf(1) }, { start: 11, length: 4, all: true }),
    ],
    ['a person as a contact', { contact: { userId: idOf(1) } }],
    ['a contact with all it may have', { contact: { name: 'Ann 🎉', phones: ['+49 30 1'], emails: ['a@b'] } }],
    [
      'a place',
      {
        location: {
          latitude: -33.8567844,
          longitude: 151.2152967,
          accuracyM: 12.5,
          name: 'Opera',
          liveForMs: 28_800_000,
        },
      },
    ],
    ['no degrees at all', { location: {} }],
    [
      'a poll',
      { poll: { question: 'Lunch?', options: ['yes', 'no 🍜'], multiple: true, anonymous: true, closesAtMs: 5 } },
    ],
    ['JSON', custom('{ "a": [1, 2.50, "]}\\"["] }', { fallback: 'Order 7' })],
    ['JSON that is nested 16 deep', custom(nested(16))],
    ['JSON of 32 KiB', custom(`{"a":"${'x'.repeat(32_768 - 8)}"}`)],
  ])('%s comes back exactly, in both codecs', (_, content) => {
    const checked = checkContent('content', content);
    const exact = Content.toJson(content);
    expect(Content.toJson(checked)).toBe(exact);
    expect(Content.toJson(Content.decode(Content.encode(checked)))).toBe(exact);
    expect(Content.toJson(Content.fromJson(JSON.parse(exact), 'content'))).toBe(exact);
  });

  test('ids in it are in lower case', () => {
    const content = checkContent('content', { contact: { userId: idOf(1).toUpperCase() } });
    expect(content.contact?.userId).toBe(idOf(1));
  });

  test.each<[string, Input<Content>, string]>([
    ['is of two kinds', { text: { body: 'x' }, contact: { name: 'x' } }, 'content: want only one of text and contact'],
    [
      'speaks of nobody',
      mention({ start: 0, length: 1 }),
      'content.text.mentions[0]: want either a userId or all, got neither',
    ],
    [
      'speaks of one and all',
      mention({ start: 0, length: 1, userId: idOf(1), all: true }),
      'content.text.mentions[0]: want either a userId or all, got both',
    ],
    [
      'speaks of what is no id',
      mention({ start: 0, length: 1, userId: 'ann' }),
      'content.text.mentions[0].userId: want a UUID, got "ann"',
    ],
    [
      'speaks of somebody nowhere',
      mention({ start: 3, length: 0, all: true }),
      'content.text.mentions[0].length: want 1 or more',
    ],
    [
      'speaks of somebody behind its end',
      mention({ start: 12, length: 4, all: true }),
      'content.text.mentions[0].length: want 1 or more within the 15 code units',
    ],
    [
      'speaks of two at one place',
      mention({ start: 3, length: 4, all: true }, { start: 6, length: 1, all: true }),
      'content.text.mentions[1].start: want 7 or more',
    ],
    [
      'speaks of more than 100',
      mention(...Array.from({ length: 101 }, () => ({ start: 0, length: 1, all: true }))),
      'content.text.mentions: want at most 100, got 101',
    ],
    ['is a contact of nobody', { contact: { phones: ['1'] } }, 'content.contact: want a userId or a name, got neither'],
    [
      'is a contact with a long name',
      { contact: { name: 'x'.repeat(201) } },
      'content.contact.name: want 0 to 200 characters, got 201',
    ],
    [
      'is a contact with a name of lines',
      { contact: { name: 'a\nb' } },
      'content.contact.name: want text without control characters',
    ],
    [
      'is a contact with an empty number',
      { contact: { name: 'x', phones: ['1', ''] } },
      'content.contact.phones[1]: want 1 to 50 characters, got 0',
    ],
    [
      'is a contact with many numbers',
      { contact: { name: 'x', phones: Array.from({ length: 11 }, () => '1') } },
      'content.contact.phones: want at most 10, got 11',
    ],
    [
      'is a contact with a short address',
      { contact: { name: 'x', emails: ['a'] } },
      'content.contact.emails[0]: want 3 to 254 characters, got 1',
    ],
    ['is north of the pole', { location: { latitude: 90.1 } }, 'content.location.latitude: want -90 to 90, got 90.1'],
    ['is nowhere', { location: { longitude: Number.NaN } }, 'content.location.longitude: want -180 to 180, got NaN'],
    ['is anywhere', { location: { accuracyM: 100_001 } }, 'content.location.accuracyM: want 0 to 100000, got 100001'],
    [
      'moves for too long',
      { location: { liveForMs: 28_800_001 } },
      'content.location.liveForMs: want 0 to 28800000, got 28800001',
    ],
    ['asks nothing', { poll: { options: ['a', 'b'] } }, 'content.poll.question: want 1 to 300 characters, got 0'],
    ['has no choice', { poll: { question: '?', options: ['a'] } }, 'content.poll.options: want 2 to 12, got 1'],
    [
      'has too much choice',
      { poll: { question: '?', options: Array.from({ length: 13 }, (_, i) => `${i}`) } },
      'content.poll.options: want 2 to 12, got 13',
    ],
    [
      'has an empty choice',
      { poll: { question: '?', options: ['a', ''] } },
      'content.poll.options[1]: want 1 to 100 characters, got 0',
    ],
    [
      'has a choice twice',
      { poll: { question: '?', options: ['a', 'b', 'a'] } },
      'content.poll.options[2]: want another one than options[0]',
    ],
    ['has no type', custom('{}', { type: '' }), 'content.custom.type: want 1 to 100 letters'],
    ['has a type of words', custom('{}', { type: 'an order' }), 'content.custom.type: want 1 to 100 letters'],
    ['is no JSON', custom('{a:1}'), 'content.custom.json: want JSON'],
    ['is no object', custom('[]'), 'content.custom.json: want an object, got a list'],
    ['is null', custom('null'), 'content.custom.json: want an object, got null'],
    ['is nested 17 deep', custom(nested(17)), 'content.custom.json: want at most 16 levels, got 17'],
    [
      'is nested beyond any stack',
      custom('['.repeat(30_000)),
      'content.custom.json: want at most 16 levels, got 30000',
    ],
    [
      'is larger than 32 KiB',
      custom(`{"a":"${'é'.repeat(16_384)}"}`),
      'content.custom.json: want at most 32768 bytes of UTF-8, got 32776',
    ],
    [
      'says much in place of itself',
      custom('{}', { fallback: 'x'.repeat(501) }),
      'content.custom.fallback: want 0 to 500 characters, got 501',
    ],
  ])('that %s is refused, with the field, what was wanted and what was got', (_, content, words) => {
    expect(refusal(content).slice(0, words.length)).toBe(words);
  });
});
