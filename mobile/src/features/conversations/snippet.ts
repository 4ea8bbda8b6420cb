/** The one line that a list shows of a conversation. */
import { type ConversationView, contentSummary, type MessageView } from '@clatter/client';

const LENGTH_MAX = 160;

/** A message in one line. */
export function inOneLine(message: MessageView): string {
  if (message.deleted) return 'Message deleted';
  const words = contentSummary(message.content);
  if (words !== undefined) return words.slice(0, LENGTH_MAX).replace(/\s+/g, ' ').trim();
  return message.content?.opaque ? 'Attachment' : 'Message';
}

export function snippetOf({ lastMessage, kind }: ConversationView): string {
  if (lastMessage) return inOneLine(lastMessage);
  return kind === 'direct' ? 'Say hello' : 'No messages yet';
}
