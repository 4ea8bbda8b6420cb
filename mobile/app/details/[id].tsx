import { useLocalSearchParams } from 'expo-router';
import { DetailsScreen } from '../../src/features/details/DetailsScreen';
import { useBack, useGo, useReplace } from '../../src/features/shell/navigation';

export default function Details() {
  const { id } = useLocalSearchParams<{ id: string }>();
  const go = useGo();
  const replace = useReplace();
  const back = useBack(`/chat/${id}`);
  return (
    <DetailsScreen
      conversationId={id}
      onBack={back}
      onLeft={() => replace('/')}
      onChat={(chatId) => go(`/chat/${chatId}`)}
      onPage={(page) => go(`/group/${id}/${page}`)}
    />
  );
}
