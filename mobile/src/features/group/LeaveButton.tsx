/** The way out of a group. */
import type { ConversationView } from '@clatter/client';
import { useClient } from '../../sync/session';
import { Button } from '../../ui/button';
import { useConfirm } from '../../ui/confirm';
import { useToast } from '../../ui/toast';

export function LeaveButton({ conversation, onLeft }: { conversation: ConversationView; onLeft: () => void }) {
  const client = useClient();
  const toast = useToast();
  const confirm = useConfirm();
  const { conversationId, title, role, memberCount } = conversation;
  const leave = async (): Promise<void> => {
    const passes = role === 'owner' && memberCount > 1;
    const wanted = await confirm({
      title: `Leave ${title || 'the group'}?`,
      text: `You get nothing that comes after.${passes ? ' The admin who has been here longest owns it then, else the member who has.' : ''}`,
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
  return <Button label="Leave the group" kind="danger" icon="log-out" onPress={() => void leave()} />;
}
