/** One conversation in the list: who, what was said last, when, and how much is new. */
import type { ConversationView } from '@clatter/client';
import { View } from 'react-native';
import { useTitle } from '../../store/conversations';
import { useDraft } from '../../store/drafts';
import { usePresence, useUser } from '../../store/people';
import { useTyping } from '../../store/typing';
import { useClient } from '../../sync/session';
import { Avatar } from '../../ui/avatar';
import { Row } from '../../ui/button';
import { listTime } from '../../ui/format';
import { Text } from '../../ui/text';
import { radius, space, useTheme } from '../../ui/theme';
import { Ticks } from '../chat/bubble/Ticks';
import { snippetOf } from './snippet';

export function ConversationRow({
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
  const { title, peerId, self, picture } = useTitle(conversation);
  const { conversationId, lastMessage: message, unread, mentions, lastActivityMs } = conversation;
  const group = conversation.kind !== 'direct';
  const typing = useTyping(conversationId).length > 0;
  const draft = useDraft(conversationId).trim();
  const presence = usePresence(self ? undefined : peerId);
  const sender = useUser(group ? message?.senderId : undefined);
  if (filter && !title.toLowerCase().includes(filter)) return null;

  const own = message?.senderId === client.userId;
  const drafting = draft !== '' && !selected && !typing;
  const writer = own ? 'You' : (sender?.displayName.split(' ')[0] ?? '');
  const prefix = group && message && !message.deleted && writer !== '' ? `${writer}: ` : '';
  const line = typing
    ? 'typing …'
    : drafting
      ? draft.slice(0, 160).replace(/\s+/g, ' ')
      : `${prefix}${snippetOf(conversation)}`;
  const spoken = `${title || 'Chat'}, ${unread > 0 ? `${unread} unread, ` : ''}${mentions > 0 ? 'you are mentioned, ' : ''}${drafting ? 'draft: ' : ''}${line}`;
  return (
    <Row selected={selected} onPress={onPress} label={spoken}>
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
        <View style={{ flexDirection: 'row', alignItems: 'center', gap: space.s }}>
          <Text weight="600" numberOfLines={1} style={{ flex: 1, textAlign: 'left' }}>
            {title || ' '}
          </Text>
          <Text size="small" tone={unread > 0 ? 'accentText' : 'muted'} weight={unread > 0 ? '600' : undefined}>
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
          {unread > 0 && <Badge count={unread} />}
        </View>
      </View>
    </Row>
  );
}

export function Badge({ count }: { count: number | '@' }) {
  const theme = useTheme();
  return (
    <View
      style={{
        minWidth: 21,
        height: 21,
        borderRadius: radius.full,
        paddingHorizontal: 6,
        backgroundColor: theme.accent,
        alignItems: 'center',
        justifyContent: 'center',
      }}
    >
      <Text size="tiny" weight="700" tone="onAccent">
        {count !== '@' && count > 999 ? '999+' : count}
      </Text>
    </View>
  );
}
