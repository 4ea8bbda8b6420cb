/** The archive on phones; beside a chat it takes the place of the list. */
import { useWide } from '../../ui/theme';
import { NoChat } from '../shell/NoChat';
import { ConversationList } from './ConversationList';

const nothing = (): undefined => undefined;

export function ArchiveScreen({
  onBack,
  onOpen,
  onNewChat,
}: {
  onBack: () => void;
  onOpen: (conversationId: string) => void;
  onNewChat: () => void;
}) {
  if (useWide()) return <NoChat onNewChat={onNewChat} />;
  return (
    <ConversationList
      onBack={onBack}
      onOpen={onOpen}
      onHidden={nothing}
      onNewChat={onNewChat}
      onSettings={nothing}
      onArchive={nothing}
    />
  );
}
