import { ArchiveScreen } from '../src/features/conversations/ArchiveScreen';
import { useBack, useGo } from '../src/features/shell/navigation';

export default function Archived() {
  const go = useGo();
  return <ArchiveScreen onBack={useBack()} onOpen={(id) => go(`/chat/${id}`)} onNewChat={() => go('/new-chat')} />;
}
