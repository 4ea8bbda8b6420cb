/** Who can be mentioned in a conversation: the other members, and all where one may. They are read once somebody writes an @. */
import type { ConversationView } from '@clatter/client';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { peopleOf } from '../../../store/people';
import { useClient } from '../../../sync/session';
import { ALL, type Mentionable } from './mentions';

/** Names that are asked for: each is a request, where it is not known. */
const NAMES_MAX = 100;

export function useMentionable(
  { conversationId, kind, role, settings }: ConversationView,
  isWanted: boolean,
): readonly Mentionable[] {
  const client = useClient();
  const people = peopleOf(client);
  const [memberIds, setMemberIds] = useState<readonly string[]>([]);
  useEffect(() => {
    if (kind === 'direct' || role === 'none' || !isWanted) return undefined;
    let isHere = true;
    client.members(conversationId).then(
      (members) => {
        if (!isHere) return;
        const others = members.map(({ userId }) => userId).filter((userId) => userId !== client.userId);
        for (const userId of others.slice(0, NAMES_MAX)) people.ask(userId);
        setMemberIds(others);
      },
      // Without a line nobody is offered; the text is sent as it is.
      () => undefined,
    );
    return () => {
      isHere = false;
    };
  }, [client, people, conversationId, kind, role, isWanted]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation has other members
  useEffect(() => setMemberIds([]), [conversationId]);
  const names = useSyncExternalStore(people.subscribe, () =>
    memberIds.map((userId) => people.user(userId)?.displayName ?? '').join('\n'),
  );
  const mayAll = kind !== 'direct' && (role === 'owner' || role === 'admin' || settings?.mentionAllRole === 'member');
  return useMemo(() => {
    const known = names.split('\n');
    const members = memberIds.map((userId, index) => ({ userId, name: known[index] ?? '' }));
    return [...members.filter(({ name }) => name !== ''), ...(mayAll ? [ALL] : [])];
  }, [memberIds, names, mayAll]);
}
