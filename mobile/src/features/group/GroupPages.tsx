/** The screens of one group, by the last part of their address; for whoever may see them. */
import { nounOf, useConversation } from '../../store/conversations';
import { useSession } from '../../sync/session';
import { Empty, SkeletonRows } from '../../ui/layout';
import { Screen } from '../shell/Screen';
import { AddPeopleScreen } from './AddPeopleScreen';
import { BansScreen } from './BansScreen';
import { EditGroupScreen } from './EditGroupScreen';
import type { GroupPage } from './GroupHead';
import { InvitesScreen } from './InvitesScreen';
import { PermissionsScreen } from './PermissionsScreen';
import { rightsOf } from './rights';

export function GroupPages({
  conversationId,
  page,
  onBack,
}: {
  conversationId: string;
  page: string;
  onBack: () => void;
}) {
  const conversation = useConversation(conversationId);
  const { connection } = useSession();
  if (!conversation)
    return (
      <Screen title="Group" onBack={onBack}>
        {connection === 'live' ? (
          <Empty icon="users" title="No such group" text="It may have been left, or belong to somebody else." />
        ) : (
          <SkeletonRows count={4} label="Loading the group" size={40} />
        )}
      </Screen>
    );
  const { manages, adds } = rightsOf(conversation);
  const known = page as GroupPage;
  if (known === 'add' && adds) return <AddPeopleScreen conversation={conversation} onBack={onBack} onDone={onBack} />;
  if (manages)
    switch (known) {
      case 'edit':
        return <EditGroupScreen conversation={conversation} onBack={onBack} />;
      case 'permissions':
        return <PermissionsScreen conversation={conversation} onBack={onBack} />;
      case 'invites':
        return <InvitesScreen conversationId={conversationId} onBack={onBack} />;
      case 'bans':
        return <BansScreen conversationId={conversationId} onBack={onBack} />;
    }
  return (
    <Screen title={nounOf(conversation.kind)} onBack={onBack}>
      <Empty icon="lock" title="Only admins see this" text="Ask an admin to change it." />
    </Screen>
  );
}
