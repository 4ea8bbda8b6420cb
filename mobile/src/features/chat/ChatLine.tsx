/** One line of a chat, by what it is. */
import type { MessageView } from '@clatter/client';
import { dayName } from '../../ui/format';
import type { BubbleActs } from './bubble/acts';
import { Bubble } from './bubble/Bubble';
import type { Line } from './lines/lines';
import { EventNote } from './notes/EventNote';
import { Note } from './notes/Note';
import { UnreadDivider } from './notes/UnreadDivider';

export function ChatLine({
  line,
  ownId,
  group,
  bySeq,
  litSeq,
  acts,
}: {
  line: Line;
  ownId: string;
  group: boolean;
  /** The messages that are here. */
  bySeq: ReadonlyMap<number, MessageView>;
  /** The message that somebody jumped to. */
  litSeq: number | undefined;
  acts: BubbleActs;
}) {
  switch (line.kind) {
    case 'day':
      return <Note text={dayName(line.atMs)} strong />;
    case 'unread':
      return <UnreadDivider />;
    case 'event':
      return <EventNote event={line.event} />;
    case 'message':
      return (
        <Bubble
          message={line.message}
          own={line.message.senderId === ownId}
          group={group}
          first={line.first}
          last={line.last}
          answered={line.message.replyToSeq ? bySeq.get(line.message.replyToSeq) : undefined}
          lit={line.message.seq > 0 && line.message.seq === litSeq}
          acts={acts}
        />
      );
  }
}
