/** What can be done with one message. */
import type { MessageView } from '@clatter/client';
import { Platform } from 'react-native';
import { useClient } from '../../../sync/session';
import { Menu, MenuItem } from '../../../ui/menu';
import type { Place } from '../../../ui/place';
import { useToast } from '../../../ui/toast';
import type { Quoted } from '../composer/quoted';
import { actionsOf } from './actions';
import { QuickReactions } from './QuickReactions';

export interface Opened {
  readonly message: MessageView;
  readonly place: Place | undefined;
}

const copyOf = (): ((text: string) => unknown) | undefined => {
  const clipboard = Platform.OS === 'web' ? globalThis.navigator?.clipboard : undefined;
  return clipboard && ((text) => clipboard.writeText(text));
};

export function MessageMenu({
  opened,
  onClose,
  onQuote,
  manages,
}: {
  opened: Opened | undefined;
  onClose: () => void;
  onQuote: (quoted: Quoted) => void;
  manages: boolean;
}) {
  const client = useClient();
  const toast = useToast();
  if (!opened || opened.message.deleted) return null;
  const { message, place } = opened;
  const done = (run: () => unknown): void => {
    onClose();
    Promise.resolve(run()).catch((error: Error) => toast(error.message));
  };
  return (
    <Menu label="Message" place={place} onClose={onClose}>
      {message.seq > 0 && (
        <QuickReactions
          reactions={message.reactions}
          onPick={(emoji, mine) => done(() => client.react(message.conversationId, message.seq, emoji, mine))}
        />
      )}
      {actionsOf(message, { client, manages, quote: onQuote, copy: copyOf() }).map(({ icon, label, run, danger }) => (
        <MenuItem key={label} icon={icon} label={label} danger={danger ?? false} onPress={() => done(run)} />
      ))}
    </Menu>
  );
}
