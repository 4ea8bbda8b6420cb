/** The owner and admins of a channel, which are in its row: without them nobody could say who owns it after its owner leaves. Pure. */
import type { Event, Member } from '@clatter/wire';

/** Owner and admins of one channel. */
export const MANAGERS_MAX = 100;

const manages = ({ role }: Member): boolean => role === 'owner' || role === 'admin';

/** Who manages a channel after an event. */
export function managersAfter(managers: readonly Member[], { created, membersChanged }: Event): readonly Member[] {
  if (created) return created.members.filter(manages);
  if (!membersChanged) return managers;
  const { removedIds, changed, added } = membersChanged;
  if (removedIds.length + changed.length + added.length === 0) return managers;
  const gone = new Set([...removedIds, ...changed.map(({ userId }) => userId)]);
  return [...managers.filter(({ userId }) => !gone.has(userId)), ...changed.filter(manages)];
}

/** Who owns a channel after its owner left: the admin who has been there longest. */
export const channelHeir = (managers: readonly Member[], leaverId: string): Member | undefined =>
  managers
    .filter(({ userId, role }) => userId !== leaverId && role === 'admin')
    .sort((a, b) => a.joinedSeq - b.joinedSeq || (a.userId < b.userId ? -1 : 1))[0];
