/** From an event of the feed to the pushes that it calls for. */
import type { FeedRecord } from '@clatter/contracts/messages';
import { Push } from '@clatter/contracts/notifications';
import type { Event } from '@clatter/wire';

const SNIPPET_MAX = 120;
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The beginning of a text, cut between what people see as characters. */
export function snippet(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const parts: string[] = [];
  // Ten code units a grapheme are plenty: what follows is not looked at.
  for (const { segment } of graphemes.segment(line.slice(0, SNIPPET_MAX * 10))) {
    if (parts.length === SNIPPET_MAX) return `${parts.join('')}…`;
    parts.push(segment);
  }
  return parts.join('');
}

/** Who may be told of an event: the other members, of messages alone. */
export function candidates(record: FeedRecord): readonly string[] {
  return record.event?.message ? record.memberIds.filter((id) => id !== record.event?.senderId) : [];
}

export function pushOf(record: FeedRecord, userId: string, senderName: string, preview: 'full' | 'none'): Push {
  const event = record.event as Event;
  const text = event.message?.content?.text?.body;
  const body = preview === 'full' && text !== undefined ? snippet(text) : 'New message';
  return Push.create({
    pushId: `${event.conversationId}:${event.seq}:${userId}`,
    userId,
    conversationId: event.conversationId,
    seq: event.seq,
    senderId: event.senderId,
    title: record.kind === 'direct' || record.title === '' ? senderName : `${senderName} in ${record.title}`,
    body,
    collapseKey: event.conversationId,
    createdAtMs: event.sentAtMs,
  });
}
