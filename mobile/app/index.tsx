import { NoChat } from '../src/features/chat/ChatScreen';
import { Shell, useWide } from '../src/features/conversations/Shell';

export default function Index() {
  return useWide() ? (
    <Shell>
      <NoChat />
    </Shell>
  ) : (
    <Shell />
  );
}
