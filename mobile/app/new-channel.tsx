import { NewGroupScreen } from '../src/features/people/NewGroupScreen';
import { useBack, useReplace } from '../src/features/shell/navigation';

export default function NewChannel() {
  const replace = useReplace();
  return <NewGroupScreen kind="channel" onBack={useBack()} onOpen={(id) => replace(`/chat/${id}`)} />;
}
