import { FeedRecord } from '@clatter/contracts/messages';
import type { Event, Input } from '@clatter/wire';
import { naughtyStrings } from '@clatter/wire/testing';
import { describe, expect, it } from 'vitest';
import { candidates, type Fed, pushOf, snippet } from './pushes.ts';

const graphemesOf = (text: string): number =>
  [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)].length;

const recordOf = (event: Input<Event>, more: Partial<FeedRecord> = {}): FeedRecord =>
  FeedRecord.decode(
    FeedRecord.encode({
      event: { conversationId: 'c', seq: 7, senderId: 'alice', sentAtMs: 1234, ...event },
      kind: 'direct',
      memberIds: ['alice', 'bob'],
      ...more,
    }),
  );
const textRecord = (body: string, more: Partial<FeedRecord> = {}): FeedRecord =>
  recordOf({ message: { messageId: 'm', content: { text: { body } } } }, more);

const fed = (record: FeedRecord): Fed => ({ record, traceparent: 'its trace' });

describe('snippet', () => {
  it('is the text itself where it is short, on one line', () => {
    expect(snippet('hello')).toBe('hello');
    expect(snippet('  two\n\n\tlines  ')).toBe('two lines');
    expect(snippet('x'.repeat(120))).toBe('x'.repeat(120));
  });

  it.each([
    ['letters', 'x'],
    ['families', '👨‍👩‍👧‍👦'],
    ['flags', '🇩🇪'],
    ['combining marks', 'e\u0301\u0323'],
    ['Hangul of parts', '\u1112\u1161\u11ab'],
    ['Devanagari', 'क्षि'],
    ['Arabic', 'ب'],
  ])('cuts %s between what people see as characters', (_name, grapheme) => {
    const cut = snippet(grapheme.repeat(200));
    expect(cut.endsWith('…')).toBe(true);
    expect(cut.slice(0, -1)).toBe(grapheme.repeat(Math.min(120, Math.floor(1000 / grapheme.length))));
  });

  it('is bounded where graphemes have no end', () => {
    const endless = `a${'\u0301'.repeat(5000)}`;
    expect(snippet(endless)).toBe('…');
    expect(snippet(`hi ${endless}`)).toBe('hi …');
  });

  it.each([...naughtyStrings, ...naughtyStrings.map((text) => text.repeat(100))])('is well-formed: %j', (text) => {
    const cut = snippet(text);
    expect(cut.isWellFormed()).toBe(true);
    expect(graphemesOf(cut)).toBeLessThanOrEqual(121);
    expect(cut.length).toBeLessThanOrEqual(1001);
  });

  it('costs little of a long text', () => {
    const text = '👨‍👩‍👧‍👦'.repeat(1489);
    const started = performance.now();
    for (let i = 0; i < 100; i++) snippet(text);
    expect((performance.now() - started) / 100).toBeLessThan(20);
  });
});

describe('candidates', () => {
  it('are the other members, of messages alone', () => {
    expect(candidates(textRecord('hi', { memberIds: ['bob', 'alice', 'carol'] }))).toEqual(['bob', 'carol']);
    expect(candidates(textRecord('to myself', { memberIds: ['alice'] }))).toEqual([]);
    expect(candidates(recordOf({ reacted: { seq: 1, emoji: '👍' } }))).toEqual([]);
    expect(candidates(recordOf({ edited: { seq: 1, content: { text: { body: 'x' } } } }))).toEqual([]);
    expect(candidates(FeedRecord.create({}))).toEqual([]);
  });

  it('are nobody where the message is deleted already', () => {
    expect(candidates(recordOf({ message: { messageId: 'm', deleted: true } }))).toEqual([]);
  });
});

describe('pushOf', () => {
  it('says who wrote what', () => {
    expect(pushOf(fed(textRecord('hello')), 'bob', 'Alice', 'full')).toEqual({
      pushId: 'c:7:bob',
      userId: 'bob',
      conversationId: 'c',
      seq: 7,
      senderId: 'alice',
      title: 'Alice',
      body: 'hello',
      collapseKey: 'c',
      createdAtMs: 1234,
      traceparent: 'its trace',
      mention: false,
    });
  });

  it('says that somebody is mentioned, by name or with all', () => {
    const push = (more: Partial<FeedRecord>) => pushOf(fed(textRecord('x', more)), 'bob', 'Alice', 'full');
    const team = { kind: 'group', title: 'Team' } as const;
    expect(push({ ...team, mentionedIds: ['carol', 'bob'] })).toMatchObject({
      title: 'Alice mentioned you in Team',
      mention: true,
    });
    expect(push({ mentionsAll: true })).toMatchObject({ title: 'Alice mentioned you', mention: true });
    expect(push({ ...team, mentionedIds: ['carol'] })).toMatchObject({ title: 'Alice in Team', mention: false });
  });

  it('names the group', () => {
    expect(pushOf(fed(textRecord('x', { kind: 'group', title: 'Team' })), 'bob', 'Alice', 'full').title).toBe(
      'Alice in Team',
    );
    expect(pushOf(fed(textRecord('x', { kind: 'group', title: '' })), 'bob', 'Alice', 'full').title).toBe('Alice');
  });

  it.each([
    ['previews are off', textRecord('a secret'), 'none'],
    [
      'the content is opaque',
      recordOf({ message: { content: { opaque: { type: 'mls', data: new Uint8Array([1]) } } } }),
      'full',
    ],
    ['nothing of the text can be seen', textRecord(' \n\t '), 'full'],
    ['there is no content', recordOf({ message: { messageId: 'm' } }), 'full'],
  ] as const)('says only that there is a message where %s', (_name, record, preview) => {
    expect(pushOf(fed(record), 'bob', 'Alice', preview).body).toBe('New message');
  });
});
