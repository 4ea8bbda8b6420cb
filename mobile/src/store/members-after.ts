/** A list of members after an event that changed who they are. */
import type { Event, Member } from '@clatter/client';

export type Change = NonNullable<Event['membersChanged']>;

export function membersAfter(items: readonly Member[], { added, changed, removedIds }: Change): readonly Member[] {
  const news = new Map([...changed, ...added].map((member) => [member.userId, member]));
  const gone = new Set(removedIds);
  const kept = items.filter(({ userId }) => !gone.has(userId)).map((member) => news.get(member.userId) ?? member);
  const known = new Set(kept.map(({ userId }) => userId));
  return [...kept, ...added.filter(({ userId }) => !known.has(userId))];
}
