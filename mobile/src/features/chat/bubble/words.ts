/** What a message says: what is drawn, and what screen readers hear. */
import { contentSummary, type MessageView } from '@clatter/client';
import { clockTime, isEmojiOnly } from '../../../ui/format';

export interface Words {
  readonly text: string;
  /** Not somebody's own words. */
  readonly plain: boolean;
  /** A few emoji and nothing else. */
  readonly large: boolean;
}

export function wordsOf(message: MessageView): Words {
  const body = message.deleted ? undefined : contentSummary(message.content);
  const said = message.content?.text !== undefined;
  return {
    text: message.deleted ? 'Message deleted' : (body ?? 'This version cannot show this message'),
    plain: body === undefined,
    large: body !== undefined && said && isEmojiOnly(body) && !message.replyToSeq && !message.forwarded,
  };
}

/** When it was sent, and whether it was edited. */
export const stampOf = ({ edited, deleted, sentAtMs }: MessageView): string =>
  `${edited && !deleted ? 'edited ' : ''}${clockTime(sentAtMs)}`;

/** Whether it goes away by itself, and is still there. */
export const disappears = ({ expiresAtMs, deleted }: MessageView): boolean => expiresAtMs !== undefined && !deleted;

/** Pixels that a stamp takes: letters of 11 are some 6 wide, own messages have ticks, those that disappear a clock. */
export const stampWidth = (stamp: string, own: boolean, clock: boolean): number =>
  stamp.length * 5.9 + (own ? 22 : 0) + (clock ? 12 : 0) + 8;
