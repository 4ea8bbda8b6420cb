/** The conversations whose names have something in them. */
import type { ConversationView } from '@clatter/client';
import { useEffect, useMemo } from 'react';
import { titleOf } from '../../store/conversations';
import { usePeople } from '../../store/people';
import { useClient } from '../../sync/session';

/** Whose names are asked for to search in them; the most recent ones. */
const NAMES_MAX = 1000;

export function useFound(all: readonly ConversationView[], query: string): readonly ConversationView[] {
  const client = useClient();
  const people = usePeople();
  const { version } = people;
  const wanted = query.trim().toLowerCase();
  useEffect(() => {
    if (wanted === '') return;
    for (const { peerId } of all.slice(0, NAMES_MAX)) if (peerId) people.ask(peerId);
  }, [all, people, wanted]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` says that names came
  return useMemo(() => {
    if (wanted === '') return all;
    const nameOf = (userId: string): string => people.nameOf(userId);
    return all.filter((one) => titleOf(one, client.userId, nameOf).toLowerCase().includes(wanted));
  }, [all, wanted, people, version, client.userId]);
}
