import type { MessageView } from '@clatter/client';
import { expect, test } from 'vitest';
import { wordsOf } from './words';

const words = (fields: object) => wordsOf({ deleted: false, edited: false, ...fields } as unknown as MessageView);

test('a message says its text, or what else it is', () => {
  expect(words({ content: { text: { body: 'hi' } } })).toEqual({ text: 'hi', plain: false, large: false });
  expect(words({ content: { location: { name: 'The old crane' } } }).text).toBe('Location: The old crane');
  expect(words({ content: { poll: { question: '🌊?' } } })).toMatchObject({ text: 'Poll: 🌊?', large: false });
  expect(words({ content: { opaque: {} } })).toMatchObject({ plain: true });
  expect(words({ deleted: true, content: { text: { body: 'hi' } } })).toMatchObject({
    text: 'Message deleted',
    plain: true,
  });
});

test('a few emoji alone are large, but not as an answer, nor the fallback of something else', () => {
  expect(words({ content: { text: { body: '👍' } } }).large).toBe(true);
  expect(words({ content: { text: { body: '👍' } }, replyToSeq: 3 }).large).toBe(false);
  expect(words({ content: { custom: { fallback: '👍' } } })).toMatchObject({ text: '👍', large: false });
});
