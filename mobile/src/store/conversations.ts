/** Conversations as the client holds them, read again whenever it says that something changed. */
import type { ClatterClient, ConversationView, TimelineEntry } from '@clatter/client';
import { useEffect, useState } from 'react';
import { useClient } from '../sync/session';
import { useUser } from './people';

/** Calls once for all the changes of one moment: one drawing is enough. */
function gathered(run: () => void): { ask: () => void; end: () => void } {
  let due: ReturnType<typeof setTimeout> | undefined;
  return {
    ask() {
      due ??= setTimeout(() => {
        due = undefined;
        run();
      }, 16);
    },
    end: () => clearTimeout(due),
  };
}

function useHeld<T>(read: (client: ClatterClient) => T, conversationId?: string): T {
  const client = useClient();
  const [held, setHeld] = useState(() => read(client));
  // biome-ignore lint/correctness/useExhaustiveDependencies: `read` is another function each time, and does the same
  useEffect(() => {
    setHeld(read(client));
    const reading = gathered(() => setHeld(read(client)));
    const ends = [
      client.on('conversation', (changed) => {
        if (conversationId === undefined || changed.conversationId === conversationId) reading.ask();
      }),
      client.on('timeline', (changed) => {
        if (conversationId !== undefined && changed.conversationId === conversationId) reading.ask();
      }),
    ];
    return () => {
      for (const end of ends) end();
      reading.end();
    };
  }, [client, conversationId]);
  return held;
}

/** Most recent first. */
export const useConversations = (): readonly ConversationView[] => useHeld((client) => client.conversations());

export const useConversation = (conversationId: string): ConversationView | undefined =>
  useHeld((client) => client.conversation(conversationId), conversationId);

export const useTimeline = (conversationId: string): readonly TimelineEntry[] =>
  useHeld((client) => client.timeline(conversationId), conversationId);

export const useUnread = (): number =>
  useHeld((client) => client.conversations().reduce((sum, { unread }) => sum + unread, 0));

/** Its title: that of a group, or the other person's name. */
export function useTitle(conversation: ConversationView | undefined): {
  readonly title: string;
  readonly peerId: string | undefined;
  readonly self: boolean;
  /** Address of the group's picture, or of the person's. */
  readonly picture: string | undefined;
} {
  const client = useClient();
  const peer = useUser(conversation?.peerId);
  if (!conversation) return { title: '', peerId: undefined, self: false, picture: undefined };
  if (conversation.kind !== 'direct')
    return { title: conversation.title || 'Group', peerId: undefined, self: false, picture: conversation.pictureUrl };
  const self = conversation.peerId === client.userId;
  return {
    title: self ? 'Notes to self' : (peer?.displayName ?? ''),
    peerId: conversation.peerId,
    self,
    picture: peer?.avatarUrl,
  };
}
