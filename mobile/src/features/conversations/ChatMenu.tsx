/** What one makes of a chat for oneself: in the list, and in the chat's own bar. */
import type { ConversationView } from '@clatter/client';
import { useState } from 'react';
import { isMuted } from '../../store/conversations';
import { useClient } from '../../sync/session';
import { useConfirm } from '../../ui/confirm';
import { Menu, MenuItem } from '../../ui/menu';
import type { Place } from '../../ui/place';
import { useToast } from '../../ui/toast';
import { type ChatAct, chatActs, MUTES } from './acts';

export function ChatMenu({
  conversation,
  title,
  place,
  onClose,
  onHidden,
}: {
  conversation: ConversationView;
  title: string;
  place: Place | undefined;
  onClose: () => void;
  /** It is in no list any more. */
  onHidden: () => void;
}) {
  const client = useClient();
  const toast = useToast();
  const confirm = useConfirm();
  const [muting, setMuting] = useState(false);
  const { conversationId } = conversation;
  const tell = (error: Error): void => toast(error.message);
  const hide = async (): Promise<void> => {
    const wanted = await confirm({
      title: `Hide ${title || 'this chat'}?`,
      text: 'It is in no list until the next message comes. Nothing is deleted, and nobody else notices.',
      action: 'Hide',
    });
    if (!wanted) return;
    // Shown at once, whether the line is up or not.
    client.setFlags(conversationId, { hidden: true }).catch(tell);
    onHidden();
  };
  const act = ({ does }: ChatAct): void => {
    if (does === 'mute') return setMuting(true);
    onClose();
    if (does === 'hide') void hide();
    else if (does === 'read') client.markRead(conversationId);
    else client.setFlags(conversationId, does).catch(tell);
  };
  const mute = (forMs: number | undefined): void => {
    onClose();
    const until = forMs === undefined ? {} : { mutedUntilMs: Date.now() + forMs };
    client.setFlags(conversationId, { muted: true, ...until }).catch(tell);
  };
  const pinned = client.conversations().filter(({ pinPlace }) => pinPlace > 0).length;
  // Another key: the keyboard begins at its top again.
  if (muting)
    return (
      <Menu key="mute" label="Mute" place={place} onClose={onClose}>
        {MUTES.map(({ label, forMs }) => (
          <MenuItem key={label} icon="bell-off" label={label} onPress={() => mute(forMs)} />
        ))}
      </Menu>
    );
  return (
    <Menu key="acts" label={`Options for ${title || 'this chat'}`} place={place} onClose={onClose}>
      {chatActs(conversation, isMuted(conversation), pinned).map((one) => (
        <MenuItem
          key={one.label}
          icon={one.icon}
          label={one.label}
          danger={one.danger ?? false}
          onPress={() => act(one)}
        />
      ))}
    </Menu>
  );
}
