import { useLocalSearchParams } from 'expo-router';
import { ChatScreen } from '../../src/features/chat/ChatScreen';
import { useBack, useGo } from '../../src/features/shell/navigation';

export default function Chat() {
  const { id } = useLocalSearchParams<{ id: string }>();
  const go = useGo();
  return <ChatScreen key={id} conversationId={id} onBack={useBack()} onDetails={() => go(`/details/${id}`)} />;
}
