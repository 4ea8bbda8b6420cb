/** Conversations as the client holds them, read again whenever it says that something changed. */
import type { ClatterClient, ConversationView, TimelineEntry } from '@clatter/client';
import { useEffect, useState } from 'react';
import { useClient } from '../sync/session';
import { useUser } from './people';

/** Longer ones end at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

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

/** Of the chats that ask for attention: neither muted nor in the archive. */
export const useUnread = (): number =>
  useHeld((client) =>
    client
      .conversations()
      .filter((one) => !one.archived && !isMuted(one))
      .reduce((sum, { unread, markedUnread }) => sum + (unread || (markedUnread ? 1 : 0)), 0),
  );

export const isMuted = ({ mutedUntilMs }: ConversationView, nowMs = Date.now()): boolean => mutedUntilMs > nowMs;

/** Ends by itself. */
export function useMuted(conversation: ConversationView): boolean {
  const [, look] = useState(0);
  const leftMs = conversation.mutedUntilMs - Date.now();
  useEffect(() => {
    if (leftMs <= 0 || leftMs > TIMER_MS_MAX) return undefined;
    const timer = setTimeout(() => look((times) => times + 1), leftMs);
    return () => clearTimeout(timer);
  }, [leftMs]);
  return leftMs > 0;
}

const NOTES = 'Notes to self';

/** The same for many at once; '' for a person who is not known yet. */
export function titleOf(conversation: ConversationView, ownId: string, nameOf: (userId: string) => string): string {
  if (conversation.kind !== 'direct') return conversation.title || nounOf(conversation.kind);
  return conversation.peerId === ownId ? NOTES : nameOf(conversation.peerId ?? '');
}

/** What a conversation of many is called where it has no name. */
export const nounOf = (kind: ConversationView['kind']): 'Group' | 'Channel' =>
  kind === 'channel' ? 'Channel' : 'Group';

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
    return {
      title: conversation.title || nounOf(conversation.kind),
      peerId: undefined,
      self: false,
      picture: conversation.pictureUrl,
    };
  const self = conversation.peerId === client.userId;
  return {
    title: self ? NOTES : (peer?.displayName ?? ''),
    peerId: conversation.peerId,
    self,
    picture: peer?.avatarUrl,
  };
}
