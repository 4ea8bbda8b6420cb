/** What a bubble asks its screen for. One object, always the same: bubbles are not drawn anew because of it. */
import type { MessageView } from '@clatter/client';
import type { Place } from '../../../ui/place';

export interface BubbleActs {
  readonly menu: (message: MessageView, place?: Place) => void;
  readonly reply: (message: MessageView) => void;
  /** Shows the message that another one answers. */
  readonly jump: (seq: number) => void;
  /** Shows who gave which reaction. */
  readonly whoReacted: (message: MessageView) => void;
  /** Votes in a poll, in place of what was chosen before. */
  readonly vote: (message: MessageView, options: readonly number[]) => void;
  /** Opens the chat with somebody. */
  readonly person: (userId: string) => void;
  readonly react: (message: MessageView, emoji: string, remove: boolean) => void;
}
