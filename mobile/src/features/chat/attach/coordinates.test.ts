import { expect, test } from 'vitest';
import { bothOf, degreesOf } from './coordinates';

test('degrees are read as people type them', () => {
  for (const text of ['52.52', ' 52,52 ', '+52.52', '52.52°', '52.52° N', '52.52n'])
    expect(degreesOf(text, 'latitude')).toBe(52.52);
  for (const text of ['-33.9', '−33.9', '33,9 S']) expect(degreesOf(text, 'latitude')).toBe(-33.9);
  expect(degreesOf('70.7 W', 'longitude')).toBe(-70.7);
  expect(Object.is(degreesOf('-0', 'latitude'), 0)).toBe(true);
});

test('what is no coordinate of that axis is none', () => {
  for (const text of ['', 'here', '91', '1e3', '52.52.1', '13 E', '-5 S', '5,', '--5'])
    expect(degreesOf(text, 'latitude')).toBeUndefined();
  expect(degreesOf('180', 'longitude')).toBe(180);
  expect(degreesOf('180.1', 'longitude')).toBeUndefined();
});

test('both are taken where they were pasted together', () => {
  for (const text of ['52.52, 13.405', '52.52,13.405', '52.52 13.405', '52.52;13.405'])
    expect(bothOf(text)).toEqual(['52.52', '13.405']);
  expect(bothOf('-33.9,-70.7')).toEqual(['-33.9', '-70.7']);
  for (const text of ['52.52', '52,52', '1, 2, 3', 'a b', '13.405, 200']) expect(bothOf(text)).toBeUndefined();
});
