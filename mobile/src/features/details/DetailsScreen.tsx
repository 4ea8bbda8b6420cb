/** Who is in a chat: a person's profile, or a group. */
import { useConversation } from '../../store/conversations';
import { useSession } from '../../sync/session';
import { Empty, SkeletonRows } from '../../ui/layout';
import type { GroupPage } from '../group/GroupHead';
import { GroupScreen } from '../group/GroupScreen';
import { Screen } from '../shell/Screen';
import { PersonScreen } from './PersonScreen';

export function DetailsScreen({
  conversationId,
  onBack,
  onLeft,
  onChat,
  onPage,
}: {
  conversationId: string;
  onBack: () => void;
  onLeft: () => void;
  onChat: (conversationId: string) => void;
  onPage: (page: GroupPage) => void;
}) {
  const conversation = useConversation(conversationId);
  const { connection } = useSession();
  if (!conversation)
    return (
      <Screen title="Details" onBack={onBack}>
        {connection === 'live' ? (
          <Empty icon="message-circle" title="No such chat" text="It may have been left, or belong to somebody else." />
        ) : (
          <SkeletonRows count={4} label="Loading" size={40} />
        )}
      </Screen>
    );
  if (conversation.kind === 'direct') return <PersonScreen conversation={conversation} onBack={onBack} />;
  return <GroupScreen conversation={conversation} onBack={onBack} onLeft={onLeft} onChat={onChat} onPage={onPage} />;
}
