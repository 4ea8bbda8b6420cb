import { type Href, useRouter } from 'expo-router';
import { Shell, useBack } from '../src/features/conversations/Shell';
import { NewGroupScreen } from '../src/features/people/PeoplePicker';

export default function Route() {
  const router = useRouter();
  const back = useBack();
  return (
    <Shell>
      <NewGroupScreen onBack={back} onOpen={(id) => router.replace(`/chat/${id}` as Href)} />
    </Shell>
  );
}
