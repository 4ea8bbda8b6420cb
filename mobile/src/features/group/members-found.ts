/** The members of a list in their order: the owner, admins, then all others by name; oneself first among equals. */
import type { Member, User } from '@clatter/client';

const RANK = { owner: 0, admin: 1, member: 2, none: 3, unspecified: 3 } as const;

export function membersFound(
  members: readonly Member[],
  query: string,
  ownId: string,
  userOf: (userId: string) => User | undefined,
): readonly Member[] {
  const wanted = query.trim().toLocaleLowerCase().replace(/^@/, '');
  const matches = ({ userId }: Member): boolean => {
    const user = userOf(userId);
    return [user?.displayName, user?.username].some((name) => name?.toLocaleLowerCase().includes(wanted));
  };
  const nameOf = ({ userId }: Member): string => userOf(userId)?.displayName ?? '\uffff';
  return (wanted === '' ? [...members] : members.filter(matches)).sort(
    (a, b) =>
      RANK[a.role] - RANK[b.role] ||
      Number(b.userId === ownId) - Number(a.userId === ownId) ||
      nameOf(a).localeCompare(nameOf(b)),
  );
}
