import type { Member } from '@clatter/client';
import { expect, test } from 'vitest';
import { membersAfter } from './members-after';

const member = (userId: string, role: Member['role'] = 'member'): Member => ({
  userId,
  role,
  joinedSeq: 1,
  visibleFromSeq: 1,
});
const nobody = { added: [], changed: [], removedIds: [], bannedIds: [], unbannedIds: [], inviteId: undefined };

test('members come, change and go with the events, each of them once', () => {
  const before = [member('a', 'owner'), member('b'), member('c')];
  const after = membersAfter(before, {
    ...nobody,
    added: [member('d'), member('b', 'admin')],
    changed: [member('a', 'admin')],
    removedIds: ['c'],
  });
  expect(after.map(({ userId, role }) => `${userId} ${role}`)).toEqual(['a admin', 'b admin', 'd member']);
});
