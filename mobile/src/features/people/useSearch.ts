/** People whose name begins with what is typed, asked for when the typing pauses. */
import type { User } from '@clatter/client';
import { useEffect, useState } from 'react';
import { useClient } from '../../sync/session';
import { sentence } from '../../ui/format';

const PAUSE_MS = 220;

export interface Search {
  readonly people: readonly User[];
  readonly state: 'loading' | 'done' | 'failed';
  /** Why it failed. */
  readonly problem: string;
  readonly again: () => void;
}

export function useSearch(query: string): Search {
  const client = useClient();
  const [tries, setTries] = useState(0);
  const [found, setFound] = useState<Omit<Search, 'again'>>({ people: [], state: 'loading', problem: '' });
  // biome-ignore lint/correctness/useExhaustiveDependencies: `tries` asks again
  useEffect(() => {
    let stays = true;
    setFound((before) => ({ ...before, state: 'loading' }));
    const timer = setTimeout(() => {
      client.searchUsers(query, 50).then(
        ({ items }) => {
          const people = items.filter((user) => user.userId !== client.userId);
          if (stays) setFound({ people, state: 'done', problem: '' });
        },
        (error: Error) => stays && setFound({ people: [], state: 'failed', problem: sentence(error.message) }),
      );
    }, PAUSE_MS);
    return () => {
      stays = false;
      clearTimeout(timer);
    };
  }, [client, query, tries]);
  return { ...found, again: () => setTries(tries + 1) };
}
