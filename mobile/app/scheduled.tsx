import { ScheduledScreen } from '../src/features/scheduled/ScheduledScreen';
import { useBack } from '../src/features/shell/navigation';

export default function Scheduled() {
  return <ScheduledScreen onBack={useBack()} />;
}
