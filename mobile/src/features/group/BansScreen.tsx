/** Who is banned from a group, and the way to let them in again. */
import { useState } from 'react';
import { View } from 'react-native';
import { useUser } from '../../store/people';
import { useClient } from '../../sync/session';
import { Avatar } from '../../ui/avatar';
import { Button, Row } from '../../ui/button';
import { Card, Empty, Problem, SkeletonRows } from '../../ui/layout';
import { Text } from '../../ui/text';
import { useToast } from '../../ui/toast';
import { Column, Screen } from '../shell/Screen';
import { useBans } from './useBans';

export function BansScreen({ conversationId, onBack }: { conversationId: string; onBack: () => void }) {
  const { items, problem, again } = useBans(conversationId);
  if (items?.length === 0 && problem === '')
    return (
      <Screen title="Banned people" onBack={onBack}>
        <Empty icon="slash" title="Nobody is banned" text="Ban people from the list of members." />
      </Screen>
    );
  return (
    <Screen title="Banned people" onBack={onBack}>
      <Column>
        <Card flush>
          {problem !== '' && <Problem text={problem} onAgain={again} />}
          {items === undefined && problem === '' && <SkeletonRows count={3} label="Loading who is banned" size={40} />}
          {items?.map((userId) => (
            <BannedRow key={userId} conversationId={conversationId} userId={userId} />
          ))}
        </Card>
      </Column>
    </Screen>
  );
}

function BannedRow({ conversationId, userId }: { conversationId: string; userId: string }) {
  const client = useClient();
  const toast = useToast();
  const user = useUser(userId);
  const [busy, setBusy] = useState(false);
  const name = user?.displayName ?? '';
  const lift = (): void => {
    setBusy(true);
    client.groups.unban(conversationId, userId).catch((error: Error) => {
      setBusy(false);
      toast(error.message);
    });
  };
  return (
    <Row label={name}>
      <Avatar id={userId} name={name} size={40} picture={user?.avatarUrl} />
      <View style={{ flex: 1, minWidth: 0 }}>
        <Text weight="600" numberOfLines={1} style={{ textAlign: 'left' }}>
          {name || ' '}
        </Text>
        <Text size="note" tone="muted" numberOfLines={1} style={{ textAlign: 'left' }}>
          {user ? `@${user.username}` : ' '}
        </Text>
      </View>
      <Button label="Lift ban" kind="plain" busy={busy} onPress={lift} />
    </Row>
  );
}
