/** From an event of the feed to the pushes that it calls for. */
import type { FeedRecord } from '@clatter/contracts/messages';
import { Push } from '@clatter/contracts/notifications';
import { contentSummary, type Event } from '@clatter/wire';

const GRAPHEMES_MAX = 120;
/** Some graphemes are long: a family has a dozen code units, and combining marks have no end. */
const CODE_UNITS_MAX = 1000;
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The beginning of a text on one line, cut between what people see as characters. */
export function snippet(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  let count = 0;
  // Segments are made one by one: what follows the cut costs nothing.
  for (const { segment, index } of graphemes.segment(line)) {
    if (count++ === GRAPHEMES_MAX || index + segment.length > CODE_UNITS_MAX) return `${line.slice(0, index)}…`;
  }
  return line;
}

/**
 * Who may be told of an event: the other members, of messages alone, and not of one that was deleted before anybody was told. The record of a
 * channel names only those whom it mentions (channel-pushes.ts has the others).
 */
export function candidates({ event, kind, memberIds, mentionedIds }: FeedRecord): readonly string[] {
  if (!event?.message || event.message.deleted) return [];
  const named = kind === 'channel' && memberIds.length === 0 ? mentionedIds : memberIds;
  return named.filter((id) => id !== event.senderId);
}

/** Who made what of a conversation, of those who may be told of an event in it. */
export interface Held {
  readonly muted: ReadonlySet<string>;
  readonly hidden: ReadonlySet<string>;
}

/** A mention by name goes through a mute. One of all does not: whoever mutes wants no calls that are for everybody. */
export const isHeldBack = ({ mentionedIds }: FeedRecord, userId: string, { muted, hidden }: Held): boolean =>
  hidden.has(userId) || (muted.has(userId) && !mentionedIds.includes(userId));

/** A record of the feed, and the trace that it is in. */
export interface Fed {
  readonly record: FeedRecord;
  readonly traceparent: string;
}

export function pushOf(
  { record, traceparent }: Fed,
  userId: string,
  senderName: string,
  preview: 'full' | 'none',
): Push {
  const event = record.event as Event;
  const mention = record.mentionsAll || record.mentionedIds.includes(userId);
  const says = mention ? `${senderName} mentioned you` : senderName;
  const text = contentSummary(event.message?.content);
  // A text may have nothing that can be seen in it.
  const body = (preview === 'full' && text !== undefined && snippet(text)) || 'New message';
  return Push.create({
    pushId: `${event.conversationId}:${event.seq}:${userId}`,
    userId,
    conversationId: event.conversationId,
    seq: event.seq,
    senderId: event.senderId,
    title: record.kind === 'direct' || record.title === '' ? says : `${says} in ${record.title}`,
    mention,
    body,
    collapseKey: event.conversationId,
    createdAtMs: event.sentAtMs,
    traceparent,
  });
}
