import { useLocalSearchParams } from 'expo-router';
import { JoinScreen } from '../../src/features/group/JoinScreen';
import { useBack, useReplace } from '../../src/features/shell/navigation';

export default function Invite() {
  const { token } = useLocalSearchParams<{ token: string }>();
  const replace = useReplace();
  return <JoinScreen key={token} token={token} onBack={useBack()} onJoined={(id) => replace(`/chat/${id}`)} />;
}
