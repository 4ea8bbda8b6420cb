/** What one may do with a message: one list, that its menu shows. */
import type { ClatterClient, MessageView } from '@clatter/client';
import type { IconName } from '../../../ui/button';
import { isOver } from '../bubble/poll';
import type { Quoted } from '../composer/quoted';

export interface MessageAction {
  readonly icon: IconName;
  readonly label: string;
  readonly danger?: boolean;
  readonly run: () => unknown;
}

export interface MenuContext {
  readonly client: ClatterClient;
  /** Whether they are an admin or the owner. */
  readonly manages: boolean;
  readonly quote: (quoted: Quoted) => void;
  /** Shows something about the message in a dialog. */
  readonly show: (what: 'info' | 'reactions') => void;
  /** Asks whether it is to be deleted for everyone, and does it. */
  readonly remove: () => unknown;
  /** The same for oneself alone. */
  readonly removeForMe: () => unknown;
  /** Whether others are in the conversation who can have read it. */
  readonly group: boolean;
  /** Asks where a message is passed on to. */
  readonly forward: (message: MessageView) => void;
  /** Whether it is pinned; undefined where one may not pin. */
  readonly pinned: boolean | undefined;
  /** Puts a text where it can be pasted; undefined where the device cannot. */
  readonly copy: ((text: string) => unknown) | undefined;
}

export function actionsOf(
  message: MessageView,
  { client, manages, group, quote, show, remove, removeForMe, forward, pinned, copy }: MenuContext,
): MessageAction[] {
  const { conversationId, seq, messageId, status } = message;
  const stored = seq > 0;
  const own = message.senderId === client.userId;
  const text = message.content?.text?.body ?? '';
  const actions: MessageAction[] = [];
  if (stored) actions.push({ icon: 'corner-up-left', label: 'Reply', run: () => quote({ message, mode: 'reply' }) });
  if (stored && !message.content?.poll)
    actions.push({ icon: 'corner-up-right', label: 'Forward', run: () => forward(message) });
  if (stored && pinned !== undefined)
    actions.push(
      pinned
        ? { icon: 'bookmark', label: 'Unpin', run: () => client.unpin(conversationId, seq) }
        : { icon: 'bookmark', label: 'Pin for everyone', run: () => client.pin(conversationId, seq) },
    );
  if (own && stored && message.content?.poll && !isOver(message, Date.now()))
    actions.push({ icon: 'lock', label: 'Close poll', run: () => client.closePoll(conversationId, seq) });
  if (copy && text !== '') actions.push({ icon: 'copy', label: 'Copy text', run: () => copy(text) });
  if (own && stored && text !== '' && !message.forwarded)
    actions.push({ icon: 'edit-2', label: 'Edit', run: () => quote({ message, mode: 'edit' }) });
  if (own && stored && group) actions.push({ icon: 'info', label: 'Message info', run: () => show('info') });
  if (message.reactions.length > 0) actions.push({ icon: 'smile', label: 'Who reacted', run: () => show('reactions') });
  if (stored) actions.push({ icon: 'user-x', label: 'Delete for me', danger: true, run: removeForMe });
  if ((own || manages) && stored)
    actions.push({
      icon: 'trash-2',
      label: 'Delete for everyone',
      danger: true,
      run: remove,
    });
  if (status === 'failed')
    actions.push(
      { icon: 'refresh-cw', label: 'Send again', run: () => client.resend(conversationId, messageId) },
      { icon: 'x', label: 'Discard', danger: true, run: () => client.discard(conversationId, messageId) },
    );
  return actions;
}
