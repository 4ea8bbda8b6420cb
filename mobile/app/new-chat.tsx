import { NewChatScreen } from '../src/features/people/NewChatScreen';
import { useBack, useGo, useReplace } from '../src/features/shell/navigation';

export default function NewChat() {
  const go = useGo();
  const replace = useReplace();
  return (
    <NewChatScreen
      onBack={useBack()}
      onOpen={(id) => replace(`/chat/${id}`)}
      onNewGroup={() => go('/new-group')}
      onNewChannel={() => go('/new-channel')}
    />
  );
}
