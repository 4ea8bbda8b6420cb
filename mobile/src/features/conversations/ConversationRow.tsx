/** One conversation in the list: who, what was said last, when, and how much is new. */
import type { ConversationView } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { Platform, View } from 'react-native';
import { useMuted, useTitle } from '../../store/conversations';
import { useDraft } from '../../store/drafts';
import { usePresence, useUser } from '../../store/people';
import { useTyping } from '../../store/typing';
import { useClient } from '../../sync/session';
import { Avatar } from '../../ui/avatar';
import { IconButton, Row } from '../../ui/button';
import { listTime } from '../../ui/format';
import { type Place, placeOf } from '../../ui/place';
import { hasHover, useAttention } from '../../ui/pointer';
import { Text } from '../../ui/text';
import { space, useTheme } from '../../ui/theme';
import { Ticks } from '../chat/bubble/Ticks';
import { Badge } from './Badge';
import { snippetOf } from './snippet';
import { spokenRow } from './spoken';

const OPTIONS = 30;

export function ConversationRow({
  conversation,
  selected,
  onPress,
  onMenu,
}: {
  conversation: ConversationView;
  selected: boolean;
  onPress: () => void;
  onMenu: (title: string, place: Place | undefined) => void;
}) {
  const theme = useTheme();
  const client = useClient();
  const { title, peerId, self, picture } = useTitle(conversation);
  const { conversationId, lastMessage: message, unread, mentions, lastActivityMs, pinPlace } = conversation;
  const group = conversation.kind !== 'direct';
  const typing = useTyping(conversationId).length > 0;
  const draft = useDraft(conversationId).trim();
  const presence = usePresence(self ? undefined : peerId);
  const sender = useUser(group ? message?.senderId : undefined);
  const muted = useMuted(conversation);
  const { attended, props } = useAttention();

  const own = message?.senderId === client.userId;
  const drafting = draft !== '' && !selected && !typing;
  const writer = own ? 'You' : (sender?.displayName.split(' ')[0] ?? '');
  const prefix = group && message && !message.deleted && writer !== '' ? `${writer}: ` : '';
  const line = typing
    ? 'typing …'
    : drafting
      ? draft.slice(0, 160).replace(/\s+/g, ' ')
      : `${prefix}${snippetOf(conversation)}`;
  const isNew = unread > 0 || conversation.markedUnread;
  return (
    <View
      {...props}
      {...(Platform.OS === 'web' &&
        ({
          onContextMenu: (event: { preventDefault(): void; nativeEvent: { clientX: number; clientY: number } }) => {
            event.preventDefault();
            onMenu(title, { x: event.nativeEvent.clientX, y: event.nativeEvent.clientY });
          },
        } as object))}
    >
      <Row
        selected={selected}
        onPress={onPress}
        onLongPress={(event) => onMenu(title, placeOf(event))}
        label={spokenRow({ ...conversation, title, line, drafting, muted })}
      >
        <Avatar
          id={peerId ?? conversationId}
          name={title}
          group={group}
          self={self}
          picture={picture}
          online={presence?.status === 'ONLINE'}
          size={50}
        />
        <View style={{ flex: 1, minWidth: 0, gap: 3 }}>
          <View style={{ flexDirection: 'row', alignItems: 'center', gap: 6 }}>
            <View style={{ flex: 1, minWidth: 0, flexDirection: 'row', alignItems: 'center', gap: 6 }}>
              <Text weight="600" numberOfLines={1} style={{ flexShrink: 1, textAlign: 'left' }}>
                {title || ' '}
              </Text>
              {muted && <Feather name="bell-off" size={13} color={theme.muted} />}
            </View>
            {pinPlace > 0 && <Feather name="bookmark" size={13} color={theme.muted} />}
            <Text
              size="small"
              numberOfLines={1}
              tone={isNew && !muted ? 'accentText' : 'muted'}
              weight={isNew ? '600' : undefined}
            >
              {lastActivityMs > 0 ? listTime(lastActivityMs) : ''}
            </Text>
          </View>
          <View style={{ flexDirection: 'row', alignItems: 'center', gap: 5, minHeight: 21 }}>
            {own && !typing && !drafting && !message.deleted && (
              <Ticks status={message.status} colour={theme.muted} readColour={theme.accentText} />
            )}
            {drafting && (
              <Text size="note" weight="500" tone="danger">
                Draft:
              </Text>
            )}
            <Text
              size="note"
              tone={typing ? 'accentText' : 'muted'}
              numberOfLines={1}
              style={{ flex: 1, textAlign: 'left', fontStyle: message?.deleted && !drafting ? 'italic' : 'normal' }}
            >
              {line}
            </Text>
            {mentions > 0 && <Badge count="@" />}
            {isNew && <Badge count={unread > 0 ? unread : ''} quiet={muted} />}
            {attended && hasHover && <View style={{ width: OPTIONS }} />}
          </View>
        </View>
      </Row>
      {hasHover && (
        <View style={{ position: 'absolute', right: space.s + space.m - 4, bottom: 6, opacity: attended ? 1 : 0 }}>
          <IconButton
            icon="more-horizontal"
            label={`Options for ${title || 'this chat'}`}
            size={OPTIONS}
            onPress={(event) => onMenu(title, placeOf(event))}
          />
        </View>
      )}
    </View>
  );
}
