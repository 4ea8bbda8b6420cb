/** What is to be sent later, read again whenever the client says that it changed. */
import type { ClatterClient } from '@clatter/client';
import { useEffect, useState } from 'react';
import { useClient } from '../sync/session';

export type ScheduledItem = ClatterClient['schedule']['items'][number];

/** By its time. Read from the server once for each client, and kept up to date by it. */
export function useScheduled(): readonly ScheduledItem[] {
  const client = useClient();
  const [items, setItems] = useState(client.schedule.items);
  useEffect(() => {
    setItems(client.schedule.items);
    const end = client.on('scheduled', (changed) => setItems(changed.items));
    if (!asked.has(client)) {
      asked.add(client);
      // Where it fails, the next connect reads it.
      client.schedule.load().catch(() => undefined);
    }
    return end;
  }, [client]);
  return items;
}

const asked = new WeakSet<ClatterClient>();
