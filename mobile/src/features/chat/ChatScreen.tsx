/** One conversation: its lines, newest at the bottom, and where the next is written. The list is not inverted: screen readers read it in order. */
import type { Event, MessageView } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import {
  ActivityIndicator,
  type LayoutChangeEvent,
  type NativeScrollEvent,
  type NativeSyntheticEvent,
  Pressable,
  ScrollView,
  View,
} from 'react-native';
import { useConversation, usePresence, useTimeline, useTyping } from '../../sync/observe';
import { useClient, useSession, useUser } from '../../sync/session';
import { Avatar, Empty, IconButton, Text } from '../../ui/controls';
import { dayName, lastSeen } from '../../ui/format';
import { radius, space, useTheme } from '../../ui/theme';
import { ConnectionBanner } from '../conversations/ConnectionBanner';
import { useTitle } from '../conversations/ConversationList';
import { Bubble } from './Bubble';
import { Composer, type Quoted } from './Composer';
import { type Line, linesOf } from './lines';
import { MessageMenu } from './MessageMenu';

const NEAR_END = 120;
const NEAR_START = 400;

export function ChatScreen({
  conversationId,
  onBack,
  wide,
}: {
  conversationId: string;
  onBack?: (() => void) | undefined;
  wide: boolean;
}) {
  const theme = useTheme();
  const client = useClient();
  const { connection } = useSession();
  const conversation = useConversation(conversationId);
  const entries = useTimeline(conversationId);
  const { title, peerId } = useTitle(conversation);
  const [quoted, setQuoted] = useState<Quoted>();
  const [menu, setMenu] = useState<MessageView>();
  // Where reading had ended when the chat was opened: the divider stays there.
  const [unreadAfter, setUnreadAfter] = useState(0);

  useEffect(() => {
    const view = client.conversation(conversationId);
    setUnreadAfter(view && view.unread > 0 ? view.readSeq : 0);
    setQuoted(undefined);
  }, [client, conversationId]);

  // Whoever looks at the newest lines has read them.
  const headSeq = conversation?.headSeq ?? 0;
  useEffect(() => {
    const visible = typeof document === 'undefined' || document.visibilityState === 'visible';
    if (headSeq > 0 && visible) client.markRead(conversationId);
  }, [client, conversationId, headSeq]);
  useEffect(() => {
    if (typeof document === 'undefined') return undefined;
    const look = (): void => {
      if (document.visibilityState === 'visible') client.markRead(conversationId);
    };
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [client, conversationId]);

  const lines = useMemo(() => linesOf(entries, unreadAfter, client.userId), [entries, unreadAfter, client]);
  const bySeq = useMemo(() => {
    const found = new Map<number, MessageView>();
    for (const entry of entries)
      if (entry.kind === 'message' && entry.message.seq > 0) found.set(entry.message.seq, entry.message);
    return found;
  }, [entries]);

  if (!conversation)
    return (
      <Empty
        icon="message-circle"
        title={connection === 'live' ? 'No such chat' : 'Loading …'}
        text={connection === 'live' ? 'It may have been left, or belong to somebody else.' : ''}
      />
    );

  const gone = conversation.role === 'none';
  return (
    <View style={{ flex: 1, backgroundColor: theme.background }}>
      <ChatHeader
        conversationId={conversationId}
        title={title}
        peerId={peerId}
        group={conversation.kind !== 'direct'}
        memberCount={conversation.memberCount}
        onBack={onBack}
      />
      <ConnectionBanner />
      <Lines
        key={conversationId}
        conversationId={conversationId}
        lines={lines}
        wide={wide}
        render={(line) => (
          <LineView
            key={line.key}
            line={line}
            ownId={client.userId}
            group={conversation.kind !== 'direct'}
            reply={bySeq}
            onPress={setMenu}
          />
        )}
      />
      <TypingLine conversationId={conversationId} />
      {gone ? (
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
        <Composer conversationId={conversationId} quoted={quoted} onDone={() => setQuoted(undefined)} wide={wide} />
      )}
      <MessageMenu
        message={menu}
        onClose={() => setMenu(undefined)}
        onQuote={setQuoted}
        manages={conversation.role === 'owner' || conversation.role === 'admin'}
      />
    </View>
  );
}

function ChatHeader({
  conversationId,
  title,
  peerId,
  group,
  memberCount,
  onBack,
}: {
  conversationId: string;
  title: string;
  peerId: string | undefined;
  group: boolean;
  memberCount: number;
  onBack: (() => void) | undefined;
}) {
  const theme = useTheme();
  const client = useClient();
  const alone = peerId === client.userId;
  const presence = usePresence(alone ? undefined : peerId);
  const online = presence?.status === 'ONLINE';
  const state = group
    ? `${memberCount} members`
    : alone
      ? 'Only you see this'
      : online
        ? 'online'
        : presence
          ? lastSeen(presence.lastSeenMs)
          : '';
  return (
    <View
      style={{
        height: 64,
        flexDirection: 'row',
        alignItems: 'center',
        gap: space.m,
        paddingHorizontal: onBack ? space.s : space.l,
        borderBottomWidth: 1,
        borderBottomColor: theme.line,
        backgroundColor: theme.surface,
      }}
    >
      {onBack && <IconButton icon="arrow-left" label="Back to the chats" onPress={onBack} />}
      <Avatar id={peerId ?? conversationId} name={title} group={group} online={online} size={40} />
      <View style={{ flex: 1, minWidth: 0 }}>
        <Text weight="600" numberOfLines={1} accessibilityRole="header">
          {title}
        </Text>
        {state !== '' && (
          <Text size="small" tone={online ? 'accentText' : 'muted'} numberOfLines={1}>
            {state}
          </Text>
        )}
      </View>
    </View>
  );
}

/** The scrolled lines: starts at the newest, stays there while one looks at it, and keeps its place when older lines come. */
function Lines({
  conversationId,
  lines,
  wide,
  render,
}: {
  conversationId: string;
  lines: readonly Line[];
  wide: boolean;
  render: (line: Line) => React.ReactNode;
}) {
  const theme = useTheme();
  const client = useClient();
  const scroll = useRef<ScrollView>(null);
  const place = useRef({ offset: 0, content: 0, view: 0, atEnd: true, loading: false, more: true });
  const [away, setAway] = useState(false);
  const [loading, setLoading] = useState(false);

  const loadEarlier = useCallback(async () => {
    const now = place.current;
    if (now.loading || !now.more) return;
    now.loading = true;
    setLoading(true);
    try {
      now.more = await client.loadEarlier(conversationId);
    } catch {
      // Not reachable now: the next scroll tries again.
    } finally {
      now.loading = false;
      setLoading(false);
    }
  }, [client, conversationId]);

  const onScroll = ({
    nativeEvent: { contentOffset, contentSize, layoutMeasurement },
  }: NativeSyntheticEvent<NativeScrollEvent>): void => {
    const now = place.current;
    now.offset = contentOffset.y;
    now.atEnd = contentSize.height - layoutMeasurement.height - contentOffset.y < NEAR_END;
    setAway(!now.atEnd);
    if (contentOffset.y < NEAR_START) void loadEarlier();
  };

  const onContent = (_width: number, height: number): void => {
    const now = place.current;
    const grown = height - now.content;
    now.content = height;
    if (now.atEnd) scroll.current?.scrollToEnd({ animated: false });
    // Older lines came above what one looks at: it stays where it is.
    else if (now.loading && grown > 0) scroll.current?.scrollTo({ y: now.offset + grown, animated: false });
    if (height < now.view && now.more) void loadEarlier();
  };

  const onLayout = ({ nativeEvent }: LayoutChangeEvent): void => {
    place.current.view = nativeEvent.layout.height;
    if (place.current.atEnd) scroll.current?.scrollToEnd({ animated: false });
    if (place.current.content < place.current.view) void loadEarlier();
  };

  return (
    <View style={{ flex: 1 }}>
      <ScrollView
        ref={scroll}
        onScroll={onScroll}
        scrollEventThrottle={32}
        onContentSizeChange={onContent}
        onLayout={onLayout}
        keyboardShouldPersistTaps="handled"
        contentContainerStyle={{
          flexGrow: 1,
          justifyContent: 'flex-end',
          paddingHorizontal: wide ? space.xl : space.m,
          paddingVertical: space.m,
        }}
      >
        <View style={{ width: '100%', maxWidth: 860, alignSelf: 'center' }}>
          {loading && <ActivityIndicator color={theme.muted} style={{ padding: space.m }} />}
          {lines.map(render)}
        </View>
      </ScrollView>
      {away && (
        <View
          style={{
            position: 'absolute',
            right: space.l,
            bottom: space.m,
            borderRadius: radius.full,
            backgroundColor: theme.raised,
            borderWidth: 1,
            borderColor: theme.line,
          }}
        >
          <IconButton
            icon="chevron-down"
            label="To the newest message"
            onPress={() => scroll.current?.scrollToEnd({ animated: true })}
          />
        </View>
      )}
    </View>
  );
}

function LineView({
  line,
  ownId,
  group,
  reply,
  onPress,
}: {
  line: Line;
  ownId: string;
  group: boolean;
  reply: ReadonlyMap<number, MessageView>;
  onPress: (message: MessageView) => void;
}) {
  switch (line.kind) {
    case 'day':
      return <Note text={dayName(line.atMs)} />;
    case 'unread':
      return <UnreadDivider />;
    case 'event':
      return <EventNote event={line.event} ownId={ownId} />;
    case 'message': {
      const { message, first, last } = line;
      return (
        <Bubble
          message={message}
          own={message.senderId === ownId}
          group={group}
          first={first}
          last={last}
          reply={reply.get(message.replyToSeq ?? 0)}
          onPress={onPress}
        />
      );
    }
  }
}

function Note({ text }: { text: string }) {
  const theme = useTheme();
  return (
    <View style={{ alignItems: 'center', marginVertical: space.m }}>
      <View
        style={{
          backgroundColor: theme.dark ? theme.raised : '#e6e9f0',
          borderRadius: radius.full,
          paddingHorizontal: space.m,
          paddingVertical: 3,
          maxWidth: '90%',
        }}
      >
        <Text size="small" tone="muted" style={{ textAlign: 'center' }}>
          {text}
        </Text>
      </View>
    </View>
  );
}

function UnreadDivider() {
  const theme = useTheme();
  return (
    <View style={{ flexDirection: 'row', alignItems: 'center', gap: space.m, marginVertical: space.m }}>
      <View style={{ flex: 1, height: 1, backgroundColor: theme.accent, opacity: 0.4 }} />
      <Text size="small" weight="600" tone="accentText">
        New messages
      </Text>
      <View style={{ flex: 1, height: 1, backgroundColor: theme.accent, opacity: 0.4 }} />
    </View>
  );
}

function EventNote({ event, ownId }: { event: Event; ownId: string }) {
  const changedId =
    event.membersChanged?.added[0]?.userId ??
    event.membersChanged?.removedIds[0] ??
    event.membersChanged?.changed[0]?.userId;
  const actor = useUser(event.senderId);
  const changed = useUser(changedId);
  const who = event.senderId === ownId ? 'You' : (actor?.displayName ?? '…');
  const whom = changedId === ownId ? 'you' : (changed?.displayName ?? '…');
  if (event.created)
    return event.created.kind === 'direct' ? (
      <Note text="This is the beginning of your chat" />
    ) : (
      <Note text={`${who} created the group “${event.created.title}”`} />
    );
  if (event.renamed) return <Note text={`${who} named the group “${event.renamed.title}”`} />;
  if (event.membersChanged?.added.length)
    return (
      <Note
        text={`${who} added ${whom}${event.membersChanged.added.length > 1 ? ` and ${event.membersChanged.added.length - 1} more` : ''}`}
      />
    );
  if (event.membersChanged?.removedIds.length)
    return <Note text={changedId === event.senderId ? `${who} left` : `${who} removed ${whom}`} />;
  return <Note text={`${who} changed the role of ${whom}`} />;
}

function TypingLine({ conversationId }: { conversationId: string }) {
  const theme = useTheme();
  const typing = useTyping(conversationId);
  const first = useUser(typing[0]);
  if (typing.length === 0) return null;
  return (
    <View
      accessibilityLiveRegion="polite"
      style={{
        flexDirection: 'row',
        alignItems: 'center',
        gap: space.s,
        paddingHorizontal: space.xl,
        paddingBottom: space.s,
      }}
    >
      <Feather name="more-horizontal" size={18} color={theme.accentText} />
      <Text size="note" tone="muted">
        {typing.length > 1 ? `${typing.length} people are typing` : `${first?.displayName ?? 'Somebody'} is typing`}
      </Text>
    </View>
  );
}

/** What the right pane shows where no chat is open. */
export function NoChat() {
  const theme = useTheme();
  return (
    <Pressable accessible={false} style={{ flex: 1, backgroundColor: theme.background }}>
      <Empty icon="message-square" title="Your messages" text="Choose a chat on the left, or start a new one." />
    </Pressable>
  );
}
