import { useLocalSearchParams } from 'expo-router';
import { ChatScreen } from '../../src/features/chat/ChatScreen';
import { Shell, useBack, useWide } from '../../src/features/conversations/Shell';

export default function Chat() {
  const { id } = useLocalSearchParams<{ id: string }>();
  const wide = useWide();
  const back = useBack();
  return (
    <Shell>
      <ChatScreen conversationId={id} wide={wide} onBack={wide ? undefined : back} />
    </Shell>
  );
}
