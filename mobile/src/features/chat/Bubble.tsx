/** One message: own ones right, others' left. The time stands in the last line of the text, where there is room. */
import type { MessageView } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { memo, useRef, useState } from 'react';
import { type GestureResponderEvent, Platform, Pressable, View } from 'react-native';
import { useUser } from '../../store/people';
import { Avatar } from '../../ui/avatar';
import { IconButton } from '../../ui/button';
import { clockTime, direction, isEmojiOnly } from '../../ui/format';
import { Text } from '../../ui/text';
import { personColour, radius, space, useBubbleWidth, useTheme } from '../../ui/theme';
import { inOneLine } from '../conversations/snippet';
import { Body } from './Body';
import { Reactions } from './Reactions';
import { Ticks } from './Ticks';

/** A place on the screen, where a menu opens. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface BubbleProps {
  readonly message: MessageView;
  readonly own: boolean;
  readonly group: boolean;
  readonly first: boolean;
  readonly last: boolean;
  /** The message that it answers, where it is here. */
  readonly answered: MessageView | undefined;
  readonly onMenu: (message: MessageView, place?: Place) => void;
  readonly onReply: (message: MessageView) => void;
  readonly onReact: (message: MessageView, emoji: string, remove: boolean) => void;
}

const JOINT = 6;

function Drawn({ message, own, group, first, last, answered, onMenu, onReply, onReact }: BubbleProps) {
  const theme = useTheme();
  const bubbleWidth = useBubbleWidth();
  const maxWidth = group && !own ? bubbleWidth - 38 : bubbleWidth;
  const sender = useUser(own ? undefined : message.senderId);
  const [hovered, setHovered] = useState(false);
  const byMouse = useRef(false);
  const name = sender?.displayName ?? 'Somebody';
  const { deleted, edited, status, sentAtMs } = message;
  const text = deleted ? undefined : message.content?.text?.body;
  const body = deleted ? 'Message deleted' : (text ?? 'This version cannot show this message');
  const large = text !== undefined && isEmojiOnly(text) && !message.replyToSeq;
  const faint = own && !large ? theme.onOwnMuted : theme.muted;
  const stamp = `${edited && !deleted ? 'edited ' : ''}${clockTime(sentAtMs)}`;
  const rtl = direction(body) === 'rtl';
  // Of the font's size: letters of 11 are some 6 wide.
  const stampWidth = stamp.length * 5.9 + (own ? 22 : 0) + 8;
  const acts = message.seq > 0 && !deleted;

  return (
    <View
      role="article"
      aria-label={`${own ? 'You' : name}: ${body}, ${stamp}`}
      onPointerEnter={(event) => setHovered((event.nativeEvent as { pointerType?: string }).pointerType === 'mouse')}
      onPointerLeave={() => setHovered(false)}
      onPointerDown={(event) => {
        byMouse.current = (event.nativeEvent as { pointerType?: string }).pointerType === 'mouse';
      }}
      style={{
        flexDirection: own ? 'row-reverse' : 'row',
        alignItems: 'flex-end',
        marginTop: first ? space.m : 3,
        gap: space.s,
      }}
    >
      {group && !own && (
        <View style={{ width: 30 }}>{last && <Avatar id={message.senderId} name={name} size={30} />}</View>
      )}
      <View style={{ maxWidth, flexShrink: 1, minWidth: 0, alignItems: own ? 'flex-end' : 'flex-start' }}>
        <Pressable
          onPress={(event: GestureResponderEvent) => {
            // The keyboard's Enter opens the menu; a click does not, so that text can be marked.
            const byKey = (event.nativeEvent as unknown as { key?: string }).key !== undefined;
            if (byKey || status === 'failed') onMenu(message);
          }}
          onLongPress={() => {
            if (!byMouse.current) onMenu(message);
          }}
          {...(Platform.OS === 'web' && {
            onContextMenu: (event: { preventDefault(): void; nativeEvent: { clientX: number; clientY: number } }) => {
              if (!byMouse.current || deleted || !globalThis.getSelection?.()?.isCollapsed) return;
              event.preventDefault();
              onMenu(message, { x: event.nativeEvent.clientX, y: event.nativeEvent.clientY });
            },
          })}
          style={[
            {
              maxWidth: '100%',
              minWidth: 0,
              borderRadius: radius.l,
              ...(own
                ? { borderTopRightRadius: first ? radius.l : JOINT, borderBottomRightRadius: JOINT }
                : { borderTopLeftRadius: first ? radius.l : JOINT, borderBottomLeftRadius: JOINT }),
            },
            large
              ? { paddingHorizontal: 2 }
              : {
                  backgroundColor: own ? theme.own : theme.others,
                  boxShadow: theme.shadow,
                  paddingHorizontal: 12,
                  paddingTop: 7,
                  paddingBottom: 7,
                },
            Platform.OS === 'web' ? ({ cursor: 'auto' } as object) : {},
          ]}
        >
          {group && !own && first && !large && (
            <Text
              size="note"
              weight="600"
              numberOfLines={1}
              style={{
                marginBottom: 1,
                textAlign: 'left',
                color: theme.dark ? personColour(message.senderId).onDark : personColour(message.senderId).onLight,
              }}
            >
              {name}
            </Text>
          )}
          {(message.replyToSeq ?? 0) > 0 && !deleted && <Answered message={answered} own={own} />}
          <Body
            text={body}
            plain={text === undefined}
            large={large}
            colour={text === undefined ? faint : own && !large ? theme.onOwn : theme.text}
            linkColour={own ? theme.onOwn : theme.accentText}
            spare={large ? 0 : stampWidth}
          />
          <View
            style={[
              { flexDirection: 'row', alignItems: 'center', gap: 2 },
              large ? { alignSelf: own ? 'flex-end' : 'flex-start' } : { position: 'absolute', bottom: 5 },
              large ? {} : rtl ? { left: 11 } : { right: own ? 9 : 11 },
            ]}
          >
            <Text size="tiny" style={{ color: faint }}>
              {stamp}
            </Text>
            {own && !deleted && (
              <Ticks
                status={status}
                colour={status === 'failed' && large ? theme.danger : faint}
                readColour={large ? theme.accentText : theme.onOwnRead}
              />
            )}
          </View>
        </Pressable>
        {message.reactions.length > 0 && (
          <Reactions
            reactions={message.reactions}
            onPress={(emoji, mine) => onReact(message, emoji, mine)}
            overlap={!large}
          />
        )}
        {status === 'failed' && (
          <Pressable
            accessibilityRole="button"
            onPress={() => onMenu(message)}
            style={{ flexDirection: 'row', gap: 5 }}
          >
            <Feather name="alert-circle" size={13} color={theme.danger} style={{ marginTop: 2 }} />
            <Text size="small" weight="500" tone="danger">
              Not sent. Choose what to do.
            </Text>
          </Pressable>
        )}
      </View>
      {hovered && acts && (
        <View style={{ flexDirection: own ? 'row-reverse' : 'row', alignSelf: 'center' }}>
          <IconButton icon="corner-up-left" label="Reply" size={32} onPress={() => onReply(message)} />
          <IconButton
            icon="more-horizontal"
            label="More"
            size={32}
            onPress={({ nativeEvent }) => onMenu(message, { x: nativeEvent.pageX, y: nativeEvent.pageY })}
          />
        </View>
      )}
    </View>
  );
}

function Answered({ message, own }: { message: MessageView | undefined; own: boolean }) {
  const theme = useTheme();
  const sender = useUser(message?.senderId);
  const colours = personColour(message?.senderId ?? '');
  const tint = own ? theme.onOwnMuted : theme.dark ? colours.onDark : colours.onLight;
  return (
    <View
      style={{
        borderLeftWidth: 3,
        borderLeftColor: tint,
        borderRadius: 6,
        backgroundColor: own ? 'rgba(255, 255, 255, 0.13)' : theme.hover,
        paddingHorizontal: space.s,
        paddingVertical: 4,
        marginTop: 2,
        marginBottom: 5,
      }}
    >
      <Text size="small" weight="600" numberOfLines={1} style={{ color: tint, textAlign: 'left' }}>
        {sender?.displayName ?? 'Earlier message'}
      </Text>
      {message && (
        <Text size="note" numberOfLines={1} style={{ color: own ? theme.onOwnMuted : theme.muted }}>
          {inOneLine(message)}
        </Text>
      )}
    </View>
  );
}

const sameMessage = (a: MessageView | undefined, b: MessageView | undefined): boolean =>
  a === b ||
  (a !== undefined &&
    b !== undefined &&
    a.messageId === b.messageId &&
    a.seq === b.seq &&
    a.status === b.status &&
    a.edited === b.edited &&
    a.deleted === b.deleted &&
    a.content === b.content &&
    a.reactions === b.reactions &&
    a.sentAtMs === b.sentAtMs);

/** A chat has many of them, and the client makes each anew when one changes: those that look the same are not drawn again. */
export const Bubble = memo(
  Drawn,
  (a, b) =>
    a.first === b.first &&
    a.last === b.last &&
    a.group === b.group &&
    a.onMenu === b.onMenu &&
    a.onReply === b.onReply &&
    a.onReact === b.onReact &&
    sameMessage(a.message, b.message) &&
    sameMessage(a.answered, b.answered),
);
