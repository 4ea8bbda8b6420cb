/** Who is banned from a group: all pages, up to a thousand people; it follows the events. */
import { useCallback, useEffect, useState } from 'react';
import { useClient } from '../../sync/session';
import { sentence } from '../../ui/format';

const PAGES_MAX = 20;
const SHOWN_MAX = 1000;

export interface Bans {
  /** Undefined: not here yet. */
  readonly items: readonly string[] | undefined;
  readonly problem: string;
  readonly again: () => void;
}

export function useBans(conversationId: string): Bans {
  const client = useClient();
  const [items, setItems] = useState<readonly string[]>();
  const [problem, setProblem] = useState('');
  const again = useCallback(async () => {
    setProblem('');
    try {
      const found: string[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < PAGES_MAX && found.length < SHOWN_MAX; page++) {
        const { items: some, nextCursor } = await client.groups.bans(conversationId, cursor);
        found.push(...some);
        cursor = nextCursor;
        if (cursor === undefined) break;
      }
      setItems(found);
    } catch (error) {
      setProblem(sentence((error as Error).message));
    }
  }, [client, conversationId]);
  useEffect(() => {
    void again();
    return client.on('event', ({ conversationId: changedId, membersChanged }) => {
      if (changedId !== conversationId || !membersChanged) return;
      const { bannedIds, unbannedIds } = membersChanged;
      if (bannedIds.length + unbannedIds.length === 0) return;
      setItems((now) => now && [...new Set([...now, ...bannedIds])].filter((id) => !unbannedIds.includes(id)));
    });
  }, [client, conversationId, again]);
  return { items, problem, again: () => void again() };
}
