import { SettingsScreen } from '../src/features/settings/SettingsScreen';
import { useBack } from '../src/features/shell/navigation';

export default function Settings() {
  return <SettingsScreen onBack={useBack()} />;
}
