/** The dialog about a message that is open, where one is. */
import type { MessageView } from '@clatter/client';
import { EmojiDialog } from './EmojiDialog';
import { MessageInfo } from './MessageInfo';
import { ReactionsDialog } from './ReactionsDialog';

export interface Shown {
  readonly what: 'info' | 'reactions' | 'emoji';
  readonly message: MessageView;
}

export function MessageDialogs({
  shown,
  message,
  onReact,
  onClose,
}: {
  shown: Shown | undefined;
  /** The message as it is now. */
  message: MessageView | undefined;
  onReact: (message: MessageView, emoji: string, remove: boolean) => void;
  onClose: () => void;
}) {
  const now = message ?? shown?.message;
  if (!shown || !now || now.deleted) return null;
  switch (shown.what) {
    case 'info':
      return <MessageInfo message={now} onClose={onClose} />;
    case 'reactions':
      return <ReactionsDialog message={now} onRemove={(emoji) => onReact(now, emoji, true)} onClose={onClose} />;
    case 'emoji':
      return (
        <EmojiDialog
          onPick={(emoji) => {
            onClose();
            onReact(
              now,
              emoji,
              now.reactions.some((given) => given.emoji === emoji && given.mine),
            );
          }}
          onClose={onClose}
        />
      );
  }
}
