/** One message: own ones right, others' left. */
import type { MessageView } from '@clatter/client';
import { Linking, Text as NativeText, Platform, Pressable, type TextStyle, View } from 'react-native';
import { useUser } from '../../sync/session';
import { Avatar, Text } from '../../ui/controls';
import { clockTime, direction } from '../../ui/format';
import { avatarColour, radius, space, useTheme } from '../../ui/theme';
import { Ticks } from './Ticks';

const LINK = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]}'])/g;
/** One to three emoji alone are shown large. */
const EMOJI_ONLY = /^(?:\p{RGI_Emoji}\s*){1,3}$/v;

interface BubbleProps {
  readonly message: MessageView;
  readonly own: boolean;
  readonly group: boolean;
  readonly first: boolean;
  readonly last: boolean;
  readonly reply: MessageView | undefined;
  readonly onPress: (message: MessageView) => void;
}

export function Bubble({ message, own, group, first, last, reply, onPress }: BubbleProps) {
  const theme = useTheme();
  const sender = useUser(group && !own ? message.senderId : undefined);
  const name = sender?.displayName ?? '…';
  const body = message.deleted
    ? 'This message was deleted'
    : (message.content?.text?.body ?? 'A message of a kind that this version cannot show');
  const plain = message.deleted || !message.content?.text;
  const large = !plain && EMOJI_ONLY.test(body);
  const colour = own ? theme.onOwn : theme.text;
  const faint = own ? theme.onOwnMuted : theme.muted;
  return (
    <View
      style={{
        flexDirection: 'row',
        justifyContent: own ? 'flex-end' : 'flex-start',
        marginTop: first ? space.m : 2,
        gap: space.s,
      }}
    >
      {group && !own && (
        <View style={{ width: 32, justifyContent: 'flex-end' }}>
          {last && <Avatar id={message.senderId} name={name} size={32} />}
        </View>
      )}
      <View style={{ maxWidth: '78%', alignItems: own ? 'flex-end' : 'flex-start' }}>
        <Pressable
          onPress={() => onPress(message)}
          accessibilityLabel={`${own ? 'You' : name}: ${body}, ${clockTime(message.sentAtMs)}`}
          style={{
            backgroundColor: own ? theme.own : theme.others,
            borderRadius: radius.l,
            borderBottomRightRadius: own && last ? 5 : radius.l,
            borderBottomLeftRadius: !own && last ? 5 : radius.l,
            borderWidth: own || theme.dark ? 0 : 1,
            borderColor: theme.line,
            paddingHorizontal: 13,
            paddingTop: 8,
            paddingBottom: 7,
            maxWidth: 560,
          }}
        >
          {group && !own && first && (
            <NativeText
              numberOfLines={1}
              style={{
                fontSize: 13,
                fontWeight: '600',
                marginBottom: 2,
                color: theme.dark ? theme.accentText : avatarColour(message.senderId),
              }}
            >
              {name}
            </NativeText>
          )}
          {message.replyToSeq !== undefined && message.replyToSeq > 0 && (
            <View
              style={{
                borderLeftWidth: 3,
                borderLeftColor: own ? theme.onOwnMuted : theme.accent,
                paddingLeft: space.s,
                marginBottom: 4,
                opacity: 0.9,
              }}
            >
              <NativeText numberOfLines={2} style={{ color: faint, fontSize: 13 }}>
                {reply
                  ? reply.deleted
                    ? 'Deleted message'
                    : (reply.content?.text?.body ?? 'Message')
                  : 'An earlier message'}
              </NativeText>
            </View>
          )}
          <NativeText
            selectable={Platform.OS !== 'web'}
            style={[
              {
                color: plain ? faint : colour,
                fontSize: large ? 38 : 15,
                lineHeight: large ? 48 : 21,
                fontStyle: plain ? 'italic' : 'normal',
                writingDirection: direction(body),
                textAlign: direction(body) === 'rtl' ? 'right' : 'left',
              },
              Platform.OS === 'web'
                ? ({ wordBreak: 'break-word', whiteSpace: 'pre-wrap', userSelect: 'text' } as unknown as TextStyle)
                : {},
            ]}
          >
            {plain ? body : withLinks(body, own ? theme.onOwn : theme.accentText)}
          </NativeText>
          <View style={{ flexDirection: 'row', alignSelf: 'flex-end', alignItems: 'center', gap: 4, marginTop: 2 }}>
            <NativeText style={{ color: faint, fontSize: 11 }}>
              {message.edited ? 'edited · ' : ''}
              {clockTime(message.sentAtMs)}
            </NativeText>
            {own && <Ticks status={message.status} colour={faint} readColour={theme.dark ? '#91e5ff' : '#9be7ff'} />}
          </View>
        </Pressable>
        {message.reactions.length > 0 && (
          <View style={{ flexDirection: 'row', gap: 4, marginTop: -6, paddingHorizontal: space.s, flexWrap: 'wrap' }}>
            {message.reactions.map(({ emoji, count, mine }) => (
              <View
                key={emoji}
                accessible
                accessibilityLabel={`${emoji} by ${count}`}
                style={{
                  flexDirection: 'row',
                  gap: 3,
                  backgroundColor: mine ? theme.selected : theme.raised,
                  borderWidth: 1,
                  borderColor: mine ? theme.accent : theme.line,
                  borderRadius: radius.full,
                  paddingHorizontal: 7,
                  paddingVertical: 1,
                }}
              >
                <Text size="note">{emoji}</Text>
                {count > 1 && (
                  <Text size="small" tone="muted">
                    {count}
                  </Text>
                )}
              </View>
            ))}
          </View>
        )}
        {message.status === 'failed' && (
          <Text size="small" tone="danger">
            Not sent. Press for choices.
          </Text>
        )}
      </View>
    </View>
  );
}

function withLinks(text: string, colour: string) {
  return text.split(LINK).map((part, index) =>
    index % 2 === 1 ? (
      <NativeText
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never change places
        key={index}
        accessibilityRole="link"
        onPress={() => void Linking.openURL(part)}
        style={{ color: colour, textDecorationLine: 'underline' }}
      >
        {part}
      </NativeText>
    ) : (
      part
    ),
  );
}
