/** With whom one chats, and how they are. */
import type { ConversationView } from '@clatter/client';
import { Pressable, View } from 'react-native';
import { useTitle } from '../../store/conversations';
import { usePresence } from '../../store/people';
import { useTyping } from '../../store/typing';
import { Avatar } from '../../ui/avatar';
import { IconButton } from '../../ui/button';
import { lastSeen } from '../../ui/format';
import { Text } from '../../ui/text';
import { BAR, radius, space, useTheme } from '../../ui/theme';
import { TimerMark } from '../disappearing/TimerMark';

export function ChatHeader({
  conversation,
  onBack,
  onDetails,
}: {
  conversation: ConversationView;
  onBack: (() => void) | undefined;
  onDetails: () => void;
}) {
  const theme = useTheme();
  const { title, peerId, self, picture } = useTitle(conversation);
  const group = conversation.kind !== 'direct';
  const presence = usePresence(self ? undefined : peerId);
  const typing = useTyping(conversation.conversationId).length > 0;
  const online = presence?.status === 'ONLINE';
  const count = conversation.memberCount;
  const still = group
    ? `${count} ${count === 1 ? 'member' : 'members'}`
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
          <Text weight="600" numberOfLines={1} accessibilityRole="header" style={{ textAlign: 'left' }}>
            {title || ' '}
          </Text>
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
    </View>
  );
}
