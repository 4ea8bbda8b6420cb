/** What can be done with one message. */
import type { ConversationView, MessageView } from '@clatter/client';
import { useClient } from '../../../sync/session';
import { copyText } from '../../../ui/clipboard';
import { useConfirm } from '../../../ui/confirm';
import { Menu, MenuItem } from '../../../ui/menu';
import type { Place } from '../../../ui/place';
import { useToast } from '../../../ui/toast';
import { rightsOf } from '../../group/rights';
import type { Quoted } from '../composer/quoted';
import type { Shown } from '../info/MessageDialogs';
import { actionsOf } from './actions';
import { QuickReactions } from './QuickReactions';

export interface Opened {
  readonly message: MessageView;
  readonly place: Place | undefined;
}

export function MessageMenu({
  opened,
  conversation,
  onClose,
  onQuote,
  onShow,
  onForward,
  pinned,
}: {
  opened: Opened | undefined;
  conversation: ConversationView;
  onClose: () => void;
  onQuote: (quoted: Quoted) => void;
  onShow: (shown: Shown) => void;
  onForward: (message: MessageView) => void;
  /** The pinned messages; undefined where one may not pin. */
  pinned: readonly number[] | undefined;
}) {
  const client = useClient();
  const toast = useToast();
  const confirm = useConfirm();
  if (!opened || opened.message.deleted) return null;
  const { message, place } = opened;
  const { conversationId, seq } = message;
  const done = (run: () => unknown): void => {
    onClose();
    Promise.resolve(run()).catch((error: Error) => toast(error.message));
  };
  const remove = async (): Promise<void> => {
    const wanted = await confirm({
      title: 'Delete for everyone?',
      text: 'Nobody can read it any more. That it was here stays to be seen.',
      action: 'Delete',
    });
    if (wanted) await client.deleteMessage(conversationId, seq);
  };
  const removeForMe = async (): Promise<void> => {
    const wanted = await confirm({
      title: 'Delete for you?',
      text: 'It goes away on all of your devices. The others keep it.',
      action: 'Delete for me',
    });
    if (wanted) await client.deleteForMe(conversationId, seq);
  };
  const actions = actionsOf(message, {
    client,
    manages: rightsOf(conversation).manages,
    group: conversation.kind === 'group',
    quote: onQuote,
    forward: onForward,
    pinned: pinned?.includes(seq),
    show: (what) => onShow({ what, message }),
    remove,
    removeForMe,
    copy: copyText,
  });
  return (
    <Menu label="Message" place={place} onClose={onClose}>
      {seq > 0 && (
        <QuickReactions
          reactions={message.reactions}
          onPick={(emoji, mine) => done(() => client.react(conversationId, seq, emoji, mine))}
          onMore={() => done(() => onShow({ what: 'emoji', message }))}
        />
      )}
      {actions.map(({ icon, label, run, danger }) => (
        <MenuItem key={label} icon={icon} label={label} danger={danger ?? false} onPress={() => done(run)} />
      ))}
    </Menu>
  );
}
