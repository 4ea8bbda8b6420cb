import { Shell, useBack } from '../src/features/conversations/Shell';
import { SettingsScreen } from '../src/features/settings/SettingsScreen';

export default function Settings() {
  return (
    <Shell>
      <SettingsScreen onBack={useBack()} />
    </Shell>
  );
}
