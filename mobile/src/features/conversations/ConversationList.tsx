/** The list of conversations, the pinned first, then most recent first; or those of the archive. */
import { useState } from 'react';
import { Pressable, View } from 'react-native';
import { useUser } from '../../store/people';
import { useClient } from '../../sync/session';
import { Avatar } from '../../ui/avatar';
import { IconButton } from '../../ui/button';
import { SearchField } from '../../ui/field';
import { Text } from '../../ui/text';
import { BAR, radius, space, useTheme } from '../../ui/theme';
import { ConnectionBanner } from './ConnectionBanner';
import { type ConversationListProps, ConversationRows } from './ConversationRows';

export function ConversationList(props: ConversationListProps) {
  const theme = useTheme();
  const { onBack, onNewChat } = props;
  const [query, setQuery] = useState('');
  const label = onBack ? 'Search the archive' : 'Search chats';
  return (
    <View style={{ flex: 1, backgroundColor: theme.surface }}>
      <View
        style={{
          height: BAR,
          flexDirection: 'row',
          alignItems: 'center',
          gap: onBack ? space.s : space.m,
          paddingLeft: onBack ? space.m : space.l,
          paddingRight: space.m,
        }}
      >
        {onBack ? (
          <IconButton icon="arrow-left" label="Back to all chats" onPress={onBack} />
        ) : (
          <Me onPress={props.onSettings} />
        )}
        <Text size="large" weight="700" style={{ flex: 1 }} accessibilityRole="header">
          {onBack ? 'Archived' : 'Chats'}
        </Text>
        {!onBack && <IconButton icon="edit" label="New chat" onPress={onNewChat} size={42} />}
      </View>
      <View style={{ paddingHorizontal: space.l, paddingBottom: space.s }}>
        <SearchField label={label} placeholder={label} value={query} onChange={setQuery} />
      </View>
      <ConnectionBanner />
      <ConversationRows {...props} query={query} />
    </View>
  );
}

function Me({ onPress }: { onPress: () => void }) {
  const client = useClient();
  const me = useUser(client.userId);
  return (
    <Pressable
      accessibilityRole="button"
      accessibilityLabel="Settings"
      onPress={onPress}
      style={({ pressed }) => ({ borderRadius: radius.full, opacity: pressed ? 0.8 : 1 })}
    >
      <Avatar id={client.userId} name={me?.displayName ?? ''} size={36} />
    </Pressable>
  );
}
