import { expect, test } from 'vitest';
import { contentSummary } from './summary.ts';

test.each([
  ['a text', { text: { body: 'hi\nthere' } }, 'hi\nthere'],
  ['a contact with a name', { contact: { name: 'Ann', phones: ['1'] } }, 'Contact: Ann'],
  ['a contact of this platform', { contact: { userId: 'u' } }, 'Contact'],
  ['a place', { location: { latitude: 1, name: '' } }, 'Location'],
  ['a place with a name', { location: { name: 'Office' } }, 'Location: Office'],
  ['a place that moves', { location: { liveForMs: 1, name: 'Van' } }, 'Live location: Van'],
  ['what an application says of its own', { custom: { type: 'x', json: '{}', fallback: 'Order 7' } }, 'Order 7'],
  ['what an application says nothing of', { custom: { type: 'x', json: '{}' } }, undefined],
  ['a poll', { poll: { question: 'Lunch?' } }, 'Poll: Lunch?'],
  ['bytes', { opaque: { type: 'x' } }, undefined],
  ['nothing', undefined, undefined],
])('%s', (_, content, words) => {
  expect(contentSummary(content)).toBe(words);
});
