import type { Member, User } from '@clatter/client';
import { expect, test } from 'vitest';
import { membersFound } from './members-found';

const names: Record<string, string> = { a: 'Zoë Ångström', b: 'bertil', c: 'Amina الزهراء', d: 'Dag' };
const userOf = (userId: string): User | undefined =>
  names[userId] === undefined ? undefined : ({ displayName: names[userId], username: `u.${userId}` } as User);
const member = (userId: string, role: Member['role'] = 'member') => ({ userId, role }) as Member;
const found = (query: string) =>
  membersFound([member('b'), member('x'), member('d'), member('c'), member('a', 'owner')], query, 'd', userOf)
    .map(({ userId }) => userId)
    .join('');

test('the owner, oneself, then all by name, and who is not known yet at the end', () => {
  expect(found('')).toBe('adcbx');
});

test('members are found by any part of a name or username', () => {
  expect(found(' BERT ')).toBe('b');
  expect(found('الزهراء')).toBe('c');
  expect(found('@u.d')).toBe('d');
  expect(found('nobody')).toBe('');
});
