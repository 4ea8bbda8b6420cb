/** The way out of a group. */
import type { ConversationView } from '@clatter/client';
import { useClient } from '../../sync/session';
import { Button } from '../../ui/button';
import { useConfirm } from '../../ui/confirm';
import { useToast } from '../../ui/toast';
import { wordFor } from './words';

export function LeaveButton({ conversation, onLeft }: { conversation: ConversationView; onLeft: () => void }) {
  const client = useClient();
  const toast = useToast();
  const confirm = useConfirm();
  const { conversationId, title, role, memberCount, kind } = conversation;
  const word = wordFor(kind);
  const leave = async (): Promise<void> => {
    const passes = role === 'owner' && memberCount > 1;
    const wanted = await confirm({
      title: `Leave ${title || `the ${word}`}?`,
      text: `You get nothing that comes after.${passes ? heirOf(kind) : ''}`,
      action: 'Leave',
    });
    if (!wanted) return;
    try {
      await client.removeMember(conversationId, client.userId);
      onLeft();
    } catch (error) {
      toast((error as Error).message);
    }
  };
  return <Button label={`Leave the ${word}`} kind="danger" icon="log-out" onPress={() => void leave()} />;
}

const heirOf = (kind: ConversationView['kind']): string =>
  kind === 'channel'
    ? ' An admin owns it then.'
    : ' The admin who has been here longest owns it then, else the member who has.';
