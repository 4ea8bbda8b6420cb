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

/** Who may be told of an event: the other members, of messages alone, and not of one that was deleted before anybody was told. */
export function candidates({ event, memberIds }: FeedRecord): readonly string[] {
  return event?.message && !event.message.deleted ? memberIds.filter((id) => id !== event.senderId) : [];
}

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
