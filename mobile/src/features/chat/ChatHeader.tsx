/** With whom one chats, and how they are. */
import type { ConversationView } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { useState } from 'react';
import { Pressable, View } from 'react-native';
import { useMuted, useTitle } from '../../store/conversations';
import { usePresence } from '../../store/people';
import { useTyping } from '../../store/typing';
import { Avatar } from '../../ui/avatar';
import { IconButton } from '../../ui/button';
import { lastSeen } from '../../ui/format';
import { type Place, placeOf } from '../../ui/place';
import { Text } from '../../ui/text';
import { BAR, radius, space, useTheme } from '../../ui/theme';
import { ChatMenu } from '../conversations/ChatMenu';
import { TimerMark } from '../disappearing/TimerMark';
import { membersOf } from '../group/words';

export function ChatHeader({
  conversation,
  onBack,
  onDetails,
  onHidden,
}: {
  conversation: ConversationView;
  onBack: (() => void) | undefined;
  onDetails: () => void;
  onHidden: () => void;
}) {
  const theme = useTheme();
  const { title, peerId, self, picture } = useTitle(conversation);
  const group = conversation.kind !== 'direct';
  const presence = usePresence(self ? undefined : peerId);
  const typing = useTyping(conversation.conversationId).length > 0;
  const muted = useMuted(conversation);
  const [menu, setMenu] = useState<{ place: Place | undefined }>();
  const online = presence?.status === 'ONLINE';
  const still = group
    ? membersOf(conversation.memberCount)
    : self
      ? 'Only you see this'
      : online
        ? 'online'
        : presence && presence.status !== 'UNKNOWN'
          ? lastSeen(presence.lastSeenMs)
          : '';
  const state = typing ? 'typing …' : still;
  return (
    <View
      style={{
        height: BAR,
        flexDirection: 'row',
        alignItems: 'center',
        gap: space.xs,
        paddingHorizontal: onBack ? space.s : space.m,
        borderBottomWidth: 1,
        borderBottomColor: theme.line,
        backgroundColor: theme.surface,
      }}
    >
      {onBack && <IconButton icon="arrow-left" label="Back to the chats" onPress={onBack} />}
      <Pressable
        accessibilityRole="button"
        accessibilityLabel={`Details of ${title || 'this chat'}`}
        onPress={onDetails}
        style={({ hovered }: { pressed: boolean; hovered?: boolean }) => ({
          flex: 1,
          minWidth: 0,
          flexDirection: 'row',
          alignItems: 'center',
          gap: space.m,
          padding: 6,
          paddingHorizontal: space.s,
          borderRadius: radius.m,
          backgroundColor: hovered ? theme.hover : 'transparent',
        })}
      >
        <Avatar
          id={peerId ?? conversation.conversationId}
          name={title}
          group={group}
          self={self}
          picture={picture}
          online={online}
          size={40}
        />
        <View style={{ flex: 1, minWidth: 0 }}>
          <View style={{ flexDirection: 'row', alignItems: 'center', gap: 6 }}>
            <Text
              weight="600"
              numberOfLines={1}
              accessibilityRole="header"
              style={{ flexShrink: 1, textAlign: 'left' }}
            >
              {title || ' '}
            </Text>
            {muted && <Feather name="bell-off" size={13} color={theme.muted} accessibilityLabel="muted" />}
          </View>
          <View style={{ flexDirection: 'row', alignItems: 'center', gap: space.s }}>
            {state !== '' && (
              <Text size="small" tone={typing || online ? 'accentText' : 'muted'} numberOfLines={1}>
                {state}
              </Text>
            )}
            <TimerMark seconds={conversation.settings?.disappearAfterSeconds ?? 0} />
          </View>
        </View>
      </Pressable>
      <IconButton
        icon="more-vertical"
        label="Options for this chat"
        onPress={(event) => setMenu({ place: placeOf(event) })}
      />
      {menu && (
        <ChatMenu
          conversation={conversation}
          title={title}
          place={menu.place}
          onClose={() => setMenu(undefined)}
          onHidden={onHidden}
        />
      )}
    </View>
  );
}
