/** Screens observe the client: what it holds, read again whenever it says that something changed. */
import type { ConversationView, Presence, TimelineEntry, Typing } from '@clatter/client';
import { useEffect, useState } from 'react';
import { useClient } from './session';

export function useConversations(): readonly ConversationView[] {
  const client = useClient();
  const [list, setList] = useState(() => client.conversations());
  useEffect(() => {
    setList(client.conversations());
    let due = false;
    return client.on('conversation', () => {
      if (due) return;
      due = true;
      // Many changes of one moment are one drawing.
      requestAnimationFrame(() => {
        due = false;
        setList(client.conversations());
      });
    });
  }, [client]);
  return list;
}

export function useConversation(conversationId: string): ConversationView | undefined {
  const client = useClient();
  const [view, setView] = useState(() => client.conversation(conversationId));
  useEffect(() => {
    setView(client.conversation(conversationId));
    return client.on('conversation', (changed) => {
      if (changed.conversationId === conversationId) setView(changed);
    });
  }, [client, conversationId]);
  return view;
}

export function useTimeline(conversationId: string): readonly TimelineEntry[] {
  const client = useClient();
  const [entries, setEntries] = useState(() => client.timeline(conversationId));
  useEffect(() => {
    setEntries(client.timeline(conversationId));
    return client.on('timeline', (changed) => {
      if (changed.conversationId === conversationId) setEntries(client.timeline(conversationId));
    });
  }, [client, conversationId]);
  return entries;
}

/** Who is typing in a conversation; ends by itself. */
export function useTyping(conversationId: string): readonly string[] {
  const client = useClient();
  const [typing, setTyping] = useState<readonly string[]>([]);
  useEffect(() => {
    const timers = new Map<string, ReturnType<typeof setTimeout>>();
    const stop = (userId: string): void => {
      clearTimeout(timers.get(userId));
      timers.delete(userId);
      setTyping([...timers.keys()]);
    };
    const ends = [
      client.on('typing', (signal: Typing) => {
        if (signal.conversationId !== conversationId) return;
        clearTimeout(timers.get(signal.userId));
        if (signal.activity === 'NONE') return stop(signal.userId);
        timers.set(
          signal.userId,
          setTimeout(() => stop(signal.userId), signal.expiresInMs || 6000),
        );
        setTyping([...timers.keys()]);
      }),
      client.on('event', (event) => {
        if (event.conversationId === conversationId && timers.has(event.senderId)) stop(event.senderId);
      }),
    ];
    return () => {
      for (const end of ends) end();
      for (const timer of timers.values()) clearTimeout(timer);
    };
  }, [client, conversationId]);
  return typing;
}

export function usePresence(userId: string | undefined): Presence | undefined {
  const client = useClient();
  const [presence, setPresence] = useState<Presence | undefined>();
  useEffect(() => {
    if (!userId) return undefined;
    const end = client.on('presence', (changed) => {
      if (changed.userId === userId) setPresence(changed);
    });
    client.watch([userId]).catch(() => undefined);
    return end;
  }, [client, userId]);
  return presence;
}
