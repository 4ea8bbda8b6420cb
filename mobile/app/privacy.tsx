import { PrivacyScreen } from '../src/features/settings/PrivacyScreen';
import { useBack } from '../src/features/shell/navigation';

export default function PrivacyPage() {
  return <PrivacyScreen onBack={useBack('/settings')} />;
}
