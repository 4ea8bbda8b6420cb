/** The members of a group, asked for page by page, and kept up by the events that change them. */
import type { ClatterClient, Member } from '@clatter/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useClient } from '../sync/session';
import { sentence } from '../ui/format';
import { type Change, membersAfter } from './members-after';
import { peopleOf } from './people';

/** A group that is none of the very large has all of them on one page. */
const PAGE = 500;

export interface Members {
  readonly items: readonly Member[];
  readonly state: 'loading' | 'done' | 'failed';
  /** Why it failed. */
  readonly problem: string;
  /** Whether there are more than are here. */
  readonly hasMore: boolean;
  readonly more: () => void;
  readonly again: () => void;
}

/** @param isMember whether they are told at all */
export function useMembers(conversationId: string, isMember: boolean): Members {
  const client = useClient();
  const [items, setItems] = useState<readonly Member[]>([]);
  const [state, setState] = useState<Members['state']>('loading');
  const [problem, setProblem] = useState('');
  const cursor = useRef<string | undefined>(undefined);
  const asking = useRef(false);

  const load = useCallback(
    async (fresh: boolean): Promise<void> => {
      if (asking.current) return;
      asking.current = true;
      setState('loading');
      try {
        const from = fresh ? undefined : cursor.current;
        const page = await client.groups.members(conversationId, { limit: PAGE, cursor: from });
        cursor.current = page.nextCursor;
        for (const { userId } of page.items) peopleOf(client).ask(userId);
        setItems((before) => (fresh ? page.items : [...before, ...page.items]));
        setState('done');
      } catch (error) {
        setProblem(sentence((error as Error).message));
        setState('failed');
      } finally {
        asking.current = false;
      }
    },
    [client, conversationId],
  );

  useEffect(() => {
    if (isMember) void load(true);
  }, [isMember, load]);

  useEffect(
    () => onMembersChanged(client, conversationId, (change) => setItems((now) => membersAfter(now, change))),
    [client, conversationId],
  );

  return {
    items,
    state,
    problem,
    hasMore: cursor.current !== undefined,
    more: () => void (cursor.current !== undefined && load(false)),
    again: () => void load(items.length === 0),
  };
}

function onMembersChanged(client: ClatterClient, conversationId: string, run: (change: Change) => void): () => void {
  return client.on('event', ({ conversationId: changedId, membersChanged }) => {
    if (changedId === conversationId && membersChanged) run(membersChanged);
  });
}
