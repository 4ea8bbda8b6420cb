import { useLocalSearchParams } from 'expo-router';
import { InviteScreen } from '../../src/features/people/InviteScreen';
import { useBack, useReplace } from '../../src/features/shell/navigation';

export default function Invite() {
  const { token } = useLocalSearchParams<{ token: string }>();
  const replace = useReplace();
  return <InviteScreen key={token} token={token} onBack={useBack()} onJoined={(id) => replace(`/chat/${id}`)} />;
}
