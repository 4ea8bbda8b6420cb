/** People whose name begins with what is typed, asked for when the typing pauses. */
import type { User } from '@clatter/client';
import { useEffect, useState } from 'react';
import { useClient } from '../../sync/session';

const PAUSE_MS = 200;

export function useSearch(query: string): { people: readonly User[]; state: 'loading' | 'done' | 'failed' } {
  const client = useClient();
  const [people, setPeople] = useState<readonly User[]>([]);
  const [state, setState] = useState<'loading' | 'done' | 'failed'>('loading');
  useEffect(() => {
    let stays = true;
    setState('loading');
    const timer = setTimeout(() => {
      client.searchUsers(query, 50).then(
        ({ items }) => {
          if (!stays) return;
          setPeople(items.filter((user) => user.userId !== client.userId));
          setState('done');
        },
        () => stays && setState('failed'),
      );
    }, PAUSE_MS);
    return () => {
      stays = false;
      clearTimeout(timer);
    };
  }, [client, query]);
  return { people, state };
}
