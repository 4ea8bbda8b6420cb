import { useLocalSearchParams } from 'expo-router';
import { GroupPages } from '../../../src/features/group/GroupPages';
import { useBack } from '../../../src/features/shell/navigation';

export default function Group() {
  const { id, page } = useLocalSearchParams<{ id: string; page: string }>();
  return <GroupPages key={id} conversationId={id} page={page} onBack={useBack(`/details/${id}`)} />;
}
