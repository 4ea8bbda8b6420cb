/** Makes an invite link: for how long, and for how many. */
import { useState } from 'react';
import { View } from 'react-native';
import { madeInvitesOf } from '../../store/made-invites';
import { useClient } from '../../sync/session';
import { Button } from '../../ui/button';
import { Card } from '../../ui/layout';
import { Segmented } from '../../ui/segmented';
import { Text } from '../../ui/text';
import { space } from '../../ui/theme';
import { useToast } from '../../ui/toast';

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const LASTS = [
  { value: HOUR_S, label: '1 hour' },
  { value: DAY_S, label: '1 day' },
  { value: 7 * DAY_S, label: '7 days' },
  { value: 30 * DAY_S, label: '30 days' },
  { value: 0, label: 'Always' },
] as const;
const USES = [
  { value: 0, label: 'Any' },
  { value: 1, label: '1' },
  { value: 5, label: '5' },
  { value: 25, label: '25' },
  { value: 100, label: '100' },
] as const;

export function InviteForm({ conversationId }: { conversationId: string }) {
  const client = useClient();
  const toast = useToast();
  const [lasts, setLasts] = useState<number>(7 * DAY_S);
  const [uses, setUses] = useState<number>(0);
  const [busy, setBusy] = useState(false);
  const make = async (): Promise<void> => {
    setBusy(true);
    try {
      const options = { ...(lasts > 0 && { expiresInSeconds: lasts }), ...(uses > 0 && { maxUses: uses }) };
      madeInvitesOf(client).add(await client.groups.createInvite(conversationId, options));
    } catch (error) {
      toast((error as Error).message);
    }
    setBusy(false);
  };
  return (
    <Card title="New link">
      <View style={{ gap: space.s }}>
        <Text weight="500">Good for</Text>
        <Segmented label="Good for" choices={LASTS} value={lasts} onChange={setLasts} />
      </View>
      <View style={{ gap: space.s }}>
        <Text weight="500">People it lets in</Text>
        <Segmented label="People it lets in" choices={USES} value={uses} onChange={setUses} />
      </View>
      <Button label="Make link" icon="link" busy={busy} onPress={() => void make()} />
    </Card>
  );
}
