/** What one makes of a chat for oneself: one list, that its menus show. */
import type { ConversationView, FlagsChange } from '@clatter/client';
import type { IconName } from '../../ui/button';

export interface ChatAct {
  readonly icon: IconName;
  readonly label: string;
  readonly danger?: boolean;
  /** What it changes; `mute` asks for how long first, `hide` whether it is wanted, `read` is of the messages. */
  readonly does: FlagsChange | 'mute' | 'hide' | 'read';
}

/** @param pinnedCount how many chats are pinned */
export function chatActs(
  conversation: Pick<ConversationView, 'pinPlace' | 'archived' | 'unread' | 'markedUnread'>,
  muted: boolean,
  pinnedCount: number,
): ChatAct[] {
  const { pinPlace, archived, unread, markedUnread } = conversation;
  const acts: ChatAct[] = [];
  if (pinPlace > 0) {
    acts.push({ icon: 'bookmark', label: 'Unpin', does: { pinned: false } });
    if (pinPlace > 1) acts.push({ icon: 'arrow-up', label: 'Move up', does: { pinned: true, pinPlace: pinPlace - 1 } });
    if (pinPlace < pinnedCount)
      acts.push({ icon: 'arrow-down', label: 'Move down', does: { pinned: true, pinPlace: pinPlace + 1 } });
  } else acts.push({ icon: 'bookmark', label: 'Pin to the top', does: { pinned: true } });
  acts.push(
    muted
      ? { icon: 'bell', label: 'Unmute', does: { muted: false } }
      : { icon: 'bell-off', label: 'Mute', does: 'mute' },
    unread > 0 || markedUnread
      ? { icon: 'check-circle', label: 'Mark as read', does: 'read' }
      : { icon: 'circle', label: 'Mark as unread', does: { markedUnread: true } },
    archived
      ? { icon: 'inbox', label: 'Take out of the archive', does: { archived: false } }
      : { icon: 'archive', label: 'Archive', does: { archived: true } },
    { icon: 'eye-off', label: 'Hide chat', danger: true, does: 'hide' },
  );
  return acts;
}

const HOUR_MS = 3_600_000;

/** For how long one mutes; undefined: for ever. */
export const MUTES: readonly { readonly label: string; readonly forMs: number | undefined }[] = [
  { label: 'For 1 hour', forMs: HOUR_MS },
  { label: 'For 8 hours', forMs: 8 * HOUR_MS },
  { label: 'For 1 day', forMs: 24 * HOUR_MS },
  { label: 'For 1 week', forMs: 7 * 24 * HOUR_MS },
  { label: 'Until I unmute it', forMs: undefined },
];
