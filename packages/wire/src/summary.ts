/** A content in a few words, for lists and notifications. */
import type { Input } from './codec.ts';
import type { Content } from './generated/wire.ts';

/** Undefined for a content of which nothing can be said: bytes of an application's own, or a kind that this version does not know. */
export function contentSummary(content: Input<Content> | undefined): string | undefined {
  const { text, contact, location, custom, poll } = content ?? {};
  if (text) return text.body;
  if (contact) return contact.name ? `Contact: ${contact.name}` : 'Contact';
  if (location) {
    const kind = location.liveForMs ? 'Live location' : 'Location';
    return location.name ? `${kind}: ${location.name}` : kind;
  }
  if (poll) return `Poll: ${poll.question}`;
  return custom?.fallback || undefined;
}
