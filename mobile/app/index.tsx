import { ConversationList } from '../src/features/conversations/ConversationList';
import { NoChat } from '../src/features/shell/NoChat';
import { useGo } from '../src/features/shell/navigation';
import { useWide } from '../src/ui/theme';

export default function Index() {
  const go = useGo();
  if (useWide()) return <NoChat onNewChat={() => go('/new-chat')} />;
  return (
    <ConversationList
      onOpen={(id) => go(`/chat/${id}`)}
      onNewChat={() => go('/new-chat')}
      onHidden={() => undefined}
      onSettings={() => go('/settings')}
      onArchive={() => go('/archived')}
    />
  );
}
