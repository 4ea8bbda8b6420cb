/** The list of conversations, most recent first. */
import type { ConversationView } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { useState } from 'react';
import { FlatList, TextInput, View } from 'react-native';
import { useConversations, usePresence, useTyping } from '../../sync/observe';
import { useClient, useSession, useUser } from '../../sync/session';
import { Avatar, Button, Empty, IconButton, Row, Text } from '../../ui/controls';
import { listTime } from '../../ui/format';
import { font, radius, space, useTheme } from '../../ui/theme';
import { Ticks } from '../chat/Ticks';
import { ConnectionBanner } from './ConnectionBanner';
import { snippetOf } from './snippet';

interface ListProps {
  readonly selectedId?: string | undefined;
  readonly onOpen: (conversationId: string) => void;
  readonly onNewChat: () => void;
  readonly onNewGroup: () => void;
  readonly onSettings: () => void;
}

export function ConversationList({ selectedId, onOpen, onNewChat, onNewGroup, onSettings }: ListProps) {
  const theme = useTheme();
  const client = useClient();
  const { connection } = useSession();
  const me = useUser(client.userId);
  const conversations = useConversations();
  const [filter, setFilter] = useState('');
  const loading = conversations.length === 0 && connection !== 'live';

  return (
    <View style={{ flex: 1, backgroundColor: theme.surface }}>
      <View
        style={{
          height: 60,
          flexDirection: 'row',
          alignItems: 'center',
          gap: space.xs,
          paddingLeft: space.l,
          paddingRight: space.s,
        }}
      >
        <Text size="large" weight="700" style={{ flex: 1 }} accessibilityRole="header">
          Chats
        </Text>
        <IconButton icon="users" label="New group" onPress={onNewGroup} />
        <IconButton icon="edit" label="New chat" onPress={onNewChat} />
        <IconButton icon="settings" label={`Settings of ${me?.displayName ?? 'you'}`} onPress={onSettings} />
      </View>
      <View
        style={{
          marginHorizontal: space.l,
          marginBottom: space.s,
          flexDirection: 'row',
          alignItems: 'center',
          gap: space.s,
          backgroundColor: theme.background,
          borderRadius: radius.m,
          paddingHorizontal: space.m,
        }}
      >
        <Feather name="search" size={16} color={theme.muted} />
        <TextInput
          accessibilityLabel="Filter chats"
          placeholder="Search chats"
          placeholderTextColor={theme.muted}
          value={filter}
          onChangeText={setFilter}
          style={{ flex: 1, height: 38, fontSize: font.body, color: theme.text, outlineStyle: 'none' } as never}
        />
        {filter !== '' && <IconButton icon="x" label="Clear the filter" size={28} onPress={() => setFilter('')} />}
      </View>
      <ConnectionBanner />
      {loading ? (
        <Skeleton />
      ) : conversations.length === 0 ? (
        <Empty icon="message-circle" title="No chats yet" text="Find somebody by name, and say hello.">
          <Button label="Start a chat" icon="edit" onPress={onNewChat} />
        </Empty>
      ) : (
        <FlatList
          data={conversations as ConversationView[]}
          keyExtractor={(item) => item.conversationId}
          contentContainerStyle={{ paddingVertical: space.xs }}
          renderItem={({ item }) => (
            <ConversationRow
              conversation={item}
              filter={filter}
              selected={item.conversationId === selectedId}
              onPress={() => onOpen(item.conversationId)}
            />
          )}
        />
      )}
    </View>
  );
}

/** Its title: that of a group, or the other person's name. */
export function useTitle(conversation: ConversationView | undefined): { title: string; peerId: string | undefined } {
  const client = useClient();
  const peer = useUser(conversation?.peerId);
  if (!conversation) return { title: '', peerId: undefined };
  if (conversation.kind !== 'direct') return { title: conversation.title || 'Group', peerId: undefined };
  const own = conversation.peerId === client.userId;
  return { title: own ? 'Notes to self' : (peer?.displayName ?? '…'), peerId: conversation.peerId };
}

function ConversationRow({
  conversation,
  filter,
  selected,
  onPress,
}: {
  conversation: ConversationView;
  filter: string;
  selected: boolean;
  onPress: () => void;
}) {
  const theme = useTheme();
  const client = useClient();
  const { title, peerId } = useTitle(conversation);
  const typing = useTyping(conversation.conversationId);
  const presence = usePresence(peerId === client.userId ? undefined : peerId);
  const sender = useUser(conversation.kind === 'group' ? conversation.lastMessage?.senderId : undefined);
  const message = conversation.lastMessage;
  const own = message?.senderId === client.userId;
  const prefix =
    conversation.kind === 'group' && message ? (own ? 'You: ' : sender ? `${sender.displayName}: ` : '') : '';
  const line = typing.length > 0 ? 'typing…' : `${prefix}${snippetOf(message, conversation)}`;
  if (filter && !title.toLowerCase().includes(filter.trim().toLowerCase())) return null;
  const unread = conversation.unread;
  return (
    <Row selected={selected} onPress={onPress} label={`${title}, ${unread > 0 ? `${unread} unread, ` : ''}${line}`}>
      <Avatar
        id={peerId ?? conversation.conversationId}
        name={title}
        group={conversation.kind !== 'direct'}
        online={presence?.status === 'ONLINE'}
        size={50}
      />
      <View style={{ flex: 1, minWidth: 0, gap: 2 }}>
        <View style={{ flexDirection: 'row', alignItems: 'center', gap: space.s }}>
          <Text weight="600" numberOfLines={1} style={{ flex: 1 }}>
            {title}
          </Text>
          <Text size="small" tone={unread > 0 ? 'accentText' : 'muted'}>
            {conversation.lastActivityMs > 0 ? listTime(conversation.lastActivityMs) : ''}
          </Text>
        </View>
        <View style={{ flexDirection: 'row', alignItems: 'center', gap: space.xs }}>
          {own && typing.length === 0 && (
            <Ticks status={message?.status} colour={theme.muted} readColour={theme.accentText} />
          )}
          <Text size="note" tone={typing.length > 0 ? 'accentText' : 'muted'} numberOfLines={1} style={{ flex: 1 }}>
            {line}
          </Text>
          {unread > 0 && (
            <View
              style={{
                minWidth: 22,
                height: 22,
                borderRadius: radius.full,
                paddingHorizontal: 6,
                backgroundColor: theme.accent,
                alignItems: 'center',
                justifyContent: 'center',
              }}
            >
              <Text size="small" weight="700" tone="onAccent">
                {unread > 999 ? '999+' : unread}
              </Text>
            </View>
          )}
        </View>
      </View>
    </Row>
  );
}

function Skeleton() {
  const theme = useTheme();
  const bar = (width: `${number}%`) => (
    <View style={{ height: 12, width, borderRadius: 6, backgroundColor: theme.hover }} />
  );
  return (
    <View accessibilityLabel="Loading chats" style={{ padding: space.l, gap: space.xl }}>
      {[70, 55, 80, 60, 65].map((width) => (
        <View key={width} style={{ flexDirection: 'row', gap: space.m, alignItems: 'center' }}>
          <View style={{ width: 50, height: 50, borderRadius: 25, backgroundColor: theme.hover }} />
          <View style={{ flex: 1, gap: space.s }}>
            {bar(`${width - 25}%`)}
            {bar(`${width}%`)}
          </View>
        </View>
      ))}
    </View>
  );
}
