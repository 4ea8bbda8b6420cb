import { type Href, useLocalSearchParams, useRouter } from 'expo-router';
import { useCallback } from 'react';
import { ChatScreen } from '../../src/features/chat/ChatScreen';
import { useBack, useGo } from '../../src/features/shell/navigation';
import { useWide } from '../../src/ui/theme';

export default function Chat() {
  const { id } = useLocalSearchParams<{ id: string }>();
  const go = useGo();
  const back = useBack();
  const router = useRouter();
  // Bubbles hold it: one that is new each time would have all of them drawn anew.
  const wide = useWide();
  const onChat = useCallback(
    (other: string) => (wide ? router.replace : router.push)(`/chat/${other}` as Href),
    [router, wide],
  );
  return (
    <ChatScreen
      key={id}
      conversationId={id}
      onBack={back}
      onDetails={() => go(`/details/${id}`)}
      onHidden={back}
      onChat={onChat}
    />
  );
}
