import { NewGroupScreen } from '../src/features/people/NewGroupScreen';
import { useBack, useReplace } from '../src/features/shell/navigation';

export default function NewGroup() {
  const replace = useReplace();
  return <NewGroupScreen kind="group" onBack={useBack()} onOpen={(id) => replace(`/chat/${id}`)} />;
}
