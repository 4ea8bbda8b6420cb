import { expect, test } from 'vitest';
import { ALL, askedFor, found, mentionsIn, withMention } from './mentions';

const ann = { userId: 'ann', name: 'Ann' };
const annLee = { userId: 'lee', name: 'Ann Lee' };
const people = [ann, annLee, ALL];

test('an @ behind a space, or at the beginning, asks for somebody', () => {
  expect(['@', 'hi @an', 'a@b', 'hi @ann ', 'hi'].map(askedFor)).toEqual(['', 'an', undefined, undefined, undefined]);
  expect(withMention('hi @an', annLee)).toBe('hi @Ann Lee ');
  expect(found(people, 'le')).toEqual([annLee]);
  expect(found(people, '')).toEqual(people);
});

test('the longest name that stands there is mentioned, in UTF-16 code units', () => {
  const text = '👋 @Ann Lee, @Ann and @all (@Ann)';
  const mentions = mentionsIn(text, people);
  expect(mentions.map(({ start, length }) => text.slice(start, start + length))).toEqual([
    '@Ann Lee',
    '@Ann',
    '@all',
    '@Ann',
  ]);
  expect(mentions.map(({ userId, all }) => userId ?? all)).toEqual(['lee', 'ann', true, 'ann']);
});

test('what only looks like one is none', () => {
  expect(mentionsIn('@Anna, x@Ann, @Bob', people)).toEqual([]);
});
