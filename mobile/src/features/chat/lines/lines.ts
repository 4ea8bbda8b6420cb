/** The lines of a chat: messages in groups, days, the place where reading ended, and what else happened. */
import type { Event, MessageView, TimelineEntry } from '@clatter/client';
import { dayOf, sameDay } from '../../../ui/format';

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

/** Messages of one person, each within this time of the one before, are one group. */
const GROUP_MS = 60_000;

const timeOf = (entry: TimelineEntry): number =>
  entry.kind === 'message' ? entry.message.sentAtMs : entry.event.sentAtMs;

const follows = (before: TimelineEntry | undefined, entry: TimelineEntry | undefined): boolean =>
  before?.kind === 'message' &&
  entry?.kind === 'message' &&
  before.message.senderId === entry.message.senderId &&
  entry.message.sentAtMs - before.message.sentAtMs < GROUP_MS &&
  sameDay(before.message.sentAtMs, entry.message.sentAtMs);

/** @param unreadAfter seq up to which was read when the chat was opened; undefined: no divider */
export function linesOf(
  entries: readonly TimelineEntry[],
  unreadAfter: number | undefined,
  ownId: string,
): readonly Line[] {
  const lines: Line[] = [];
  const firstNew = entries.findIndex(
    (entry) =>
      unreadAfter !== undefined &&
      entry.kind === 'message' &&
      entry.message.seq > unreadAfter &&
      entry.message.senderId !== ownId,
  );
  const joins = (index: number): boolean => index !== firstNew && follows(entries[index - 1], entries[index]);
  entries.forEach((entry, index) => {
    const before = entries[index - 1];
    const atMs = timeOf(entry);
    // A wrong clock may lead back to a day that was: its place tells the two apart.
    if (!before || !sameDay(timeOf(before), atMs))
      lines.push({ kind: 'day', key: `day-${dayOf(atMs)}-${before ? timeOf(before) : 0}`, atMs });
    if (index === firstNew) lines.push({ kind: 'unread', key: 'unread' });
    if (entry.kind === 'event') lines.push({ kind: 'event', key: `event-${entry.event.seq}`, event: entry.event });
    else
      lines.push({
        kind: 'message',
        key: entry.message.messageId,
        message: entry.message,
        first: !joins(index),
        last: !joins(index + 1),
      });
  });
  return lines;
}
