import { expect, test } from 'vitest';
import { expiryOf, membersOf, usesOf } from './words';

const HOUR = 3_600_000;

test('how long a link is good, in the unit that tells', () => {
  const now = 1_800_000_000_000;
  expect(expiryOf(0, now)).toBe('Never expires');
  expect(expiryOf(now, now)).toBe('Expired');
  expect(expiryOf(now + 20_000, now)).toBe('Expires in 1 min');
  expect(expiryOf(now + HOUR, now)).toBe('Expires in 1 h');
  expect(expiryOf(now + 47 * HOUR, now)).toBe('Expires in 47 h');
  expect(expiryOf(now + 7 * 24 * HOUR, now)).toBe('Expires in 7 days');
  expect(expiryOf(now + 400 * 24 * HOUR, now)).toMatch(/^Expires on .*20/);
});

test('counts', () => {
  expect(membersOf(1)).toBe('1 member');
  expect(membersOf(100)).toBe('100 members');
  expect([usesOf(0, 0), usesOf(3, 0), usesOf(1, 5)]).toEqual(['not used yet', 'used 3×', '1 of 5 used']);
});
