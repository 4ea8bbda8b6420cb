/** What members of a group may do, and what new ones see. Each change is stored at once. */
import type { ConversationSettings, ConversationView } from '@clatter/client';
import { useState } from 'react';
import { View } from 'react-native';
import { useClient } from '../../sync/session';
import { Card } from '../../ui/layout';
import { Segmented } from '../../ui/segmented';
import { Text } from '../../ui/text';
import { space } from '../../ui/theme';
import { useToast } from '../../ui/toast';
import { Toggle } from '../../ui/toggle';
import { DisappearingCard } from '../disappearing/DisappearingCard';
import { Column, Screen } from '../shell/Screen';

const ROLES = [
  { value: 'member', label: 'All members' },
  { value: 'admin', label: 'Only admins' },
] as const;
type Least = (typeof ROLES)[number]['value'];

export function PermissionsScreen({ conversation, onBack }: { conversation: ConversationView; onBack: () => void }) {
  const client = useClient();
  const toast = useToast();
  // What was chosen here and is on its way; the event that comes says the same.
  const [chosen, setChosen] = useState<Partial<ConversationSettings>>({});
  const { conversationId, settings } = conversation;
  if (!settings)
    return (
      <Screen title="Permissions" onBack={onBack}>
        {null}
      </Screen>
    );
  const shown = { ...settings, ...chosen };
  const least = (role: string): Least => (role === 'admin' ? 'admin' : 'member');
  const change = (wanted: Partial<ConversationSettings>): void => {
    setChosen((before) => ({ ...before, ...wanted }));
    client.groups
      .changeSettings(conversationId, wanted)
      .catch((error: Error) => toast(error.message))
      .finally(() => setChosen({}));
  };
  return (
    <Screen title="Permissions" onBack={onBack}>
      <Column>
        <Card>
          <Choice
            label="Who may send messages"
            value={least(shown.sendRole)}
            onChange={(sendRole) => change({ sendRole })}
          />
          <Choice label="Who may add people" value={least(shown.addRole)} onChange={(addRole) => change({ addRole })} />
          <Choice
            label="Who may mention everybody"
            value={least(shown.mentionAllRole)}
            onChange={(mentionAllRole) => change({ mentionAllRole })}
          />
          <Choice
            label="Who may pin messages"
            value={least(shown.pinRole)}
            onChange={(pinRole) => change({ pinRole })}
          />
        </Card>
        <Card>
          <Toggle
            label="History for new members"
            hint="Who joins from now on sees what was written before they came."
            value={shown.fullHistory}
            onChange={(fullHistory) => change({ fullHistory })}
          />
        </Card>
        <DisappearingCard conversation={conversation} />
      </Column>
    </Screen>
  );
}

function Choice({ label, value, onChange }: { label: string; value: Least; onChange: (value: Least) => void }) {
  return (
    <View style={{ gap: space.s }}>
      <Text weight="500">{label}</Text>
      <Segmented label={label} choices={ROLES} value={value} onChange={onChange} />
    </View>
  );
}
