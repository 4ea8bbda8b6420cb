/** A row of the list as a screen reader says it: the name, what is new, what was said, and what was made of the chat. */
import type { ConversationView } from '@clatter/client';

export function spokenRow({
  title,
  line,
  drafting,
  muted,
  unread,
  mentions,
  markedUnread,
  pinPlace,
}: Pick<ConversationView, 'unread' | 'mentions' | 'markedUnread' | 'pinPlace'> & {
  readonly title: string;
  readonly line: string;
  readonly drafting: boolean;
  readonly muted: boolean;
}): string {
  const parts = [
    title || 'Chat',
    unread > 0 ? `${unread} unread` : markedUnread ? 'marked as unread' : '',
    mentions > 0 ? 'you are mentioned' : '',
    drafting ? `draft: ${line}` : line,
    pinPlace > 0 ? 'pinned' : '',
    muted ? 'muted' : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}
