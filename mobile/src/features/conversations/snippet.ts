/** The one line that a list shows of a conversation. */
import type { ConversationView, MessageView } from '@clatter/client';

export function snippetOf(message: MessageView | undefined, conversation: ConversationView): string {
  if (!message) return conversation.kind === 'direct' ? 'Say hello' : 'No messages yet';
  if (message.deleted) return 'Message deleted';
  if (message.content?.text) return message.content.text.body.replace(/\s+/g, ' ').slice(0, 200);
  return message.content?.opaque ? 'Attachment' : 'Message';
}
