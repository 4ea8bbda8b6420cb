/** One message: own ones right, others' left. */
import type { MessageView } from '@clatter/client';
import { type ComponentProps, memo, useRef, useState } from 'react';
import { View } from 'react-native';
import { useUser } from '../../../store/people';
import { Avatar } from '../../../ui/avatar';
import { direction } from '../../../ui/format';
import { radius, space, useBubbleWidth, useTheme } from '../../../ui/theme';
import { Answered } from './Answered';
import type { BubbleActs } from './acts';
import { Body } from './Body';
import { ContactCard, LocationCard } from './Cards';
import { ForwardedLabel } from './ForwardedLabel';
import { HoverActs } from './HoverActs';
import { NotSent } from './NotSent';
import { PollCard } from './PollCard';
import { Reactions } from './Reactions';
import { SenderName } from './SenderName';
import { Stamp } from './Stamp';
import { Surface } from './Surface';
import { sameMessage } from './same';
import { disappears, stampOf, stampWidth, wordsOf } from './words';

export interface BubbleProps {
  readonly message: MessageView;
  readonly own: boolean;
  readonly group: boolean;
  readonly first: boolean;
  readonly last: boolean;
  /** The message that it answers, where it is here. */
  readonly answered: MessageView | undefined;
  /** Somebody just jumped to it. */
  readonly lit: boolean;
  readonly acts: BubbleActs;
}

const FACE = 30;

function Drawn({ message, own, group, first, last, answered, lit, acts }: BubbleProps) {
  const theme = useTheme();
  const bubbleWidth = useBubbleWidth();
  const maxWidth = group && !own ? bubbleWidth - FACE - space.s : bubbleWidth;
  const sender = useUser(own ? undefined : message.senderId);
  const [hovered, setHovered] = useState(false);
  const byMouse = useRef(false);
  const name = sender?.displayName ?? 'Somebody';
  const { text, plain, large } = wordsOf(message);
  const faint = own && !large ? theme.onOwnMuted : theme.muted;
  const stamp = stampOf(message);
  return (
    <View
      role="article"
      aria-label={`${own ? 'You' : name}: ${text}, ${stamp}${disappears(message) ? ', disappears' : ''}`}
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
        borderRadius: radius.l,
        backgroundColor: lit ? theme.selected : 'transparent',
      }}
    >
      {group && !own && (
        <View style={{ width: FACE }}>
          {last && <Avatar id={message.senderId} name={name} size={FACE} picture={sender?.avatarUrl} />}
        </View>
      )}
      <View style={{ maxWidth, flexShrink: 1, minWidth: 0, alignItems: own ? 'flex-end' : 'flex-start' }}>
        <Surface message={message} own={own} first={first} bare={large} byMouse={byMouse} acts={acts}>
          {group && !own && first && !large && <SenderName userId={message.senderId} name={name} />}
          {(message.replyToSeq ?? 0) > 0 && !message.deleted && (
            <Answered message={answered} own={own} onPress={() => acts.jump(message.replyToSeq ?? 0)} />
          )}
          {message.forwarded && !message.deleted && <ForwardedLabel forwarded={message.forwarded} colour={faint} />}
          <Said
            message={message}
            acts={acts}
            own={own}
            text={text}
            plain={plain}
            large={large}
            colour={plain ? faint : own && !large ? theme.onOwn : theme.text}
            linkColour={own ? theme.onOwn : theme.accentText}
            mentions={message.content?.text?.mentions ?? []}
            mentionColour={own ? theme.onOwn : theme.accentText}
            spare={large ? 0 : stampWidth(stamp, own, disappears(message))}
          />
          <Stamp
            message={message}
            stamp={stamp}
            own={own}
            large={large}
            rtl={direction(text) === 'rtl'}
            colour={faint}
          />
        </Surface>
        {message.reactions.length > 0 && (
          <Reactions
            reactions={message.reactions}
            onPress={(emoji, mine) => acts.react(message, emoji, mine)}
            onMore={() => acts.whoReacted(message)}
            overlap={!large}
          />
        )}
        {message.status === 'failed' && <NotSent onPress={() => acts.menu(message)} />}
      </View>
      {hovered && message.seq > 0 && !message.deleted && <HoverActs message={message} own={own} acts={acts} />}
    </View>
  );
}

/** What a message says, as what it is. */
function Said({
  message,
  acts,
  own,
  ...body
}: ComponentProps<typeof Body> & Pick<BubbleProps, 'message' | 'acts' | 'own'>) {
  const { content, deleted } = message;
  if (content?.poll && !deleted)
    return <PollCard message={message} own={own} onVote={(options) => acts.vote(message, options)} />;
  if (content?.contact && !deleted) return <ContactCard contact={content.contact} own={own} acts={acts} />;
  if (content?.location && !deleted) return <LocationCard location={content.location} own={own} />;
  return <Body {...body} />;
}

/** A chat has many of them, and the client makes each anew when one changes: those that look the same are not drawn again. */
export const Bubble = memo(
  Drawn,
  (a, b) =>
    a.first === b.first &&
    a.last === b.last &&
    a.group === b.group &&
    a.lit === b.lit &&
    a.acts === b.acts &&
    sameMessage(a.message, b.message) &&
    sameMessage(a.answered, b.answered),
);
