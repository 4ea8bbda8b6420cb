/** One conversation: its lines, newest at the bottom, and where the next is written. */
import type { MessageView } from '@clatter/client';
import { useCallback, useMemo, useState } from 'react';
import { View } from 'react-native';
import { useConversation, useTimeline } from '../../store/conversations';
import { useClient, useSession } from '../../sync/session';
import { Button } from '../../ui/button';
import { dayName } from '../../ui/format';
import { Bar, Empty, SkeletonRows } from '../../ui/layout';
import { Text } from '../../ui/text';
import { space, useTheme, useWide } from '../../ui/theme';
import { useToast } from '../../ui/toast';
import { ConnectionBanner } from '../conversations/ConnectionBanner';
import { Bubble, type Place } from './Bubble';
import { ChatHeader } from './ChatHeader';
import { Composer, type Quoted } from './Composer';
import { Lines } from './Lines';
import { type Line, linesOf } from './lines';
import { MessageMenu, type Opened } from './MessageMenu';
import { EventNote, Note, TypingBubble, UnreadDivider } from './notes';
import { useReading } from './useReading';

export function ChatScreen({
  conversationId,
  onBack,
  onDetails,
}: {
  conversationId: string;
  onBack: () => void;
  onDetails: () => void;
}) {
  const theme = useTheme();
  const wide = useWide();
  const client = useClient();
  const toast = useToast();
  const conversation = useConversation(conversationId);
  const entries = useTimeline(conversationId);
  const [quoted, setQuoted] = useState<Quoted>();
  const [opened, setOpened] = useState<Opened>();
  const [atEnd, setAtEnd] = useState(true);
  const { unreadAfter, forget } = useReading(conversationId, conversation?.headSeq ?? 0, atEnd);
  const ownId = client.userId;

  const lines = useMemo(() => linesOf(entries, unreadAfter, ownId), [entries, unreadAfter, ownId]);
  const bySeq = useMemo(() => {
    const found = new Map<number, MessageView>();
    for (const entry of entries) if (entry.kind === 'message') found.set(entry.message.seq, entry.message);
    return found;
  }, [entries]);

  const onMenu = useCallback((message: MessageView, place?: Place) => setOpened({ message, place }), []);
  const onReply = useCallback((message: MessageView) => setQuoted({ message, mode: 'reply' }), []);
  const onReact = useCallback(
    (message: MessageView, emoji: string, remove: boolean) => {
      client.react(conversationId, message.seq, emoji, remove).catch((error: Error) => toast(error.message));
    },
    [client, conversationId, toast],
  );
  const onEditLast = (): void => {
    const last = entries.findLast(
      (entry) => entry.kind === 'message' && entry.message.senderId === ownId && entry.message.seq > 0,
    );
    if (last?.kind === 'message' && !last.message.deleted && last.message.content?.text)
      setQuoted({ message: last.message, mode: 'edit' });
  };

  if (!conversation) return <NoSuchChat onBack={wide ? undefined : onBack} />;

  const group = conversation.kind !== 'direct';
  const render = (line: Line) => {
    switch (line.kind) {
      case 'day':
        return <Note key={line.key} text={dayName(line.atMs)} strong />;
      case 'unread':
        return <UnreadDivider key={line.key} />;
      case 'event':
        return <EventNote key={line.key} event={line.event} />;
      case 'message':
        return (
          <Bubble
            key={line.key}
            message={line.message}
            own={line.message.senderId === ownId}
            group={group}
            first={line.first}
            last={line.last}
            answered={line.message.replyToSeq ? bySeq.get(line.message.replyToSeq) : undefined}
            onMenu={onMenu}
            onReply={onReply}
            onReact={onReact}
          />
        );
    }
  };
  return (
    <View style={{ flex: 1, backgroundColor: theme.background }}>
      <ChatHeader conversation={conversation} onBack={wide ? undefined : onBack} onDetails={onDetails} />
      {!wide && <ConnectionBanner />}
      <Lines
        conversationId={conversationId}
        lines={lines}
        unread={conversation.unread}
        render={render}
        end={<TypingBubble conversationId={conversationId} group={group} />}
        onAtEnd={setAtEnd}
      />
      {conversation.role === 'none' ? (
        <View
          style={{
            padding: space.l,
            alignItems: 'center',
            borderTopWidth: 1,
            borderTopColor: theme.line,
            backgroundColor: theme.surface,
          }}
        >
          <Text tone="muted">You are no longer a member of this group.</Text>
        </View>
      ) : (
        <Composer
          conversationId={conversationId}
          quoted={quoted}
          onDone={() => setQuoted(undefined)}
          onSent={forget}
          onEditLast={onEditLast}
        />
      )}
      <MessageMenu
        opened={opened}
        onClose={() => setOpened(undefined)}
        onQuote={setQuoted}
        manages={conversation.role === 'owner' || conversation.role === 'admin'}
      />
    </View>
  );
}

function NoSuchChat({ onBack }: { onBack: (() => void) | undefined }) {
  const theme = useTheme();
  const { connection } = useSession();
  return (
    <View style={{ flex: 1, backgroundColor: theme.background }}>
      <Bar title="" {...(onBack && { onBack })} />
      {connection === 'live' ? (
        <Empty icon="message-circle" title="No such chat" text="It may have been left, or belong to somebody else.">
          {onBack && <Button label="To your chats" kind="plain" onPress={onBack} />}
        </Empty>
      ) : (
        <SkeletonRows count={4} label="Loading the chat" size={36} />
      )}
    </View>
  );
}
