/** The list of conversations, most recent first. */
import type { ConversationView } from '@clatter/client';
import { useState } from 'react';
import { FlatList, Pressable, View } from 'react-native';
import { useConversations } from '../../store/conversations';
import { useUser } from '../../store/people';
import { useClient, useSession } from '../../sync/session';
import { Avatar } from '../../ui/avatar';
import { Button, IconButton } from '../../ui/button';
import { SearchField } from '../../ui/field';
import { Empty, SkeletonRows } from '../../ui/layout';
import { Text } from '../../ui/text';
import { BAR, radius, space, useTheme } from '../../ui/theme';
import { ConnectionBanner } from './ConnectionBanner';
import { ConversationRow } from './ConversationRow';

export function ConversationList({
  selectedId,
  onOpen,
  onNewChat,
  onSettings,
}: {
  selectedId?: string | undefined;
  onOpen: (conversationId: string) => void;
  onNewChat: () => void;
  onSettings: () => void;
}) {
  const theme = useTheme();
  const client = useClient();
  const { connection } = useSession();
  const me = useUser(client.userId);
  const conversations = useConversations();
  const [query, setQuery] = useState('');
  const filter = query.trim().toLowerCase();
  const loading = conversations.length === 0 && connection !== 'live';
  return (
    <View style={{ flex: 1, backgroundColor: theme.surface }}>
      <View
        style={{
          height: BAR,
          flexDirection: 'row',
          alignItems: 'center',
          gap: space.m,
          paddingLeft: space.l,
          paddingRight: space.m,
        }}
      >
        <Pressable
          accessibilityRole="button"
          accessibilityLabel="Settings"
          onPress={onSettings}
          style={({ pressed }) => ({ borderRadius: radius.full, opacity: pressed ? 0.8 : 1 })}
        >
          <Avatar id={client.userId} name={me?.displayName ?? ''} size={36} />
        </Pressable>
        <Text size="large" weight="700" style={{ flex: 1 }} accessibilityRole="header">
          Chats
        </Text>
        <IconButton icon="edit" label="New chat" onPress={onNewChat} size={42} />
      </View>
      <View style={{ paddingHorizontal: space.l, paddingBottom: space.s }}>
        <SearchField label="Search chats" placeholder="Search chats" value={query} onChange={setQuery} />
      </View>
      <ConnectionBanner />
      {loading ? (
        <SkeletonRows count={6} label="Loading chats" />
      ) : conversations.length === 0 ? (
        <Empty icon="message-circle" title="No chats yet" text="Find somebody by name, and say hello.">
          <Button label="Start a chat" icon="edit" onPress={onNewChat} />
        </Empty>
      ) : (
        <FlatList
          data={conversations as ConversationView[]}
          keyExtractor={(item) => item.conversationId}
          initialNumToRender={16}
          keyboardShouldPersistTaps="handled"
          contentContainerStyle={{ paddingVertical: space.xs }}
          extraData={`${selectedId}/${filter}`}
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
