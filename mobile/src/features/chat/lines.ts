/** The lines of a chat as they are drawn: messages in groups, days, the place where reading ended, and what else happened. */
import type { Event, MessageView, TimelineEntry } from '@clatter/client';
import { sameDay } from '../../ui/format';

export type Line =
  | { readonly kind: 'day'; readonly key: string; readonly atMs: number }
  | { readonly kind: 'unread'; readonly key: string }
  | { readonly kind: 'event'; readonly key: string; readonly event: Event }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly message: MessageView;
      /** First and last of the messages that one person wrote in a row. */
      readonly first: boolean;
      readonly last: boolean;
    };

/** Messages of one person within this time are one group. */
const GROUP_MS = 3 * 60_000;

const timeOf = (entry: TimelineEntry): number =>
  entry.kind === 'message' ? entry.message.sentAtMs : entry.event.sentAtMs;

/** @param unreadAfter seq up to which was read when the chat was opened; 0: no divider */
export function linesOf(entries: readonly TimelineEntry[], unreadAfter: number, ownId: string): Line[] {
  const lines: Line[] = [];
  let divided = unreadAfter === 0;
  let before: TimelineEntry | undefined;
  entries.forEach((entry, index) => {
    const atMs = timeOf(entry);
    const newDay = !before || !sameDay(timeOf(before), atMs);
    if (newDay) lines.push({ kind: 'day', key: `day-${atMs}`, atMs });
    if (!divided && entry.kind === 'message' && entry.message.seq > unreadAfter && entry.message.senderId !== ownId) {
      lines.push({ kind: 'unread', key: 'unread' });
      divided = true;
    }
    if (entry.kind === 'event') lines.push({ kind: 'event', key: `event-${entry.event.seq}`, event: entry.event });
    else {
      const { message } = entry;
      const next = entries[index + 1];
      const follows = (a: TimelineEntry | undefined, b: TimelineEntry | undefined): boolean =>
        a?.kind === 'message' &&
        b?.kind === 'message' &&
        a.message.senderId === b.message.senderId &&
        b.message.sentAtMs - a.message.sentAtMs < GROUP_MS &&
        sameDay(a.message.sentAtMs, b.message.sentAtMs);
      lines.push({
        kind: 'message',
        key: message.messageId,
        message,
        first: newDay || !follows(before, entry),
        last: !follows(entry, next),
      });
    }
    before = entry;
  });
  return lines;
}
