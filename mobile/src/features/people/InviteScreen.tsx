/** Where an invite link leads: nobody becomes a member by opening a page, so it asks first. */
import { useState } from 'react';
import { View } from 'react-native';
import { useClient } from '../../sync/session';
import { Button } from '../../ui/button';
import { Bar, Empty } from '../../ui/layout';
import { useTheme } from '../../ui/theme';
import { useToast } from '../../ui/toast';

export function InviteScreen({
  token,
  onBack,
  onJoined,
}: {
  token: string;
  onBack: () => void;
  onJoined: (conversationId: string) => void;
}) {
  const theme = useTheme();
  const client = useClient();
  const toast = useToast();
  const [state, setState] = useState<'asks' | 'joins' | 'gone'>('asks');
  const join = (): void => {
    setState('joins');
    client.groups.join(token).then(
      ({ conversationId }) => onJoined(conversationId),
      (error: Error & { code?: string }) => {
        const gone = error.code === 'NOT_FOUND' || error.code === 'NOT_A_MEMBER';
        setState(gone ? 'gone' : 'asks');
        if (!gone) toast(error.message);
      },
    );
  };
  return (
    <View style={{ flex: 1, backgroundColor: theme.surface }}>
      <Bar title="Invite" onBack={onBack} />
      {state === 'gone' ? (
        <Empty icon="link" title="This invite is not good any more" text="Ask for a new one." />
      ) : (
        <Empty icon="users" title="You are invited to a group" text="Its members see that you join.">
          <Button label="Join" busy={state === 'joins'} onPress={join} />
        </Empty>
      )}
    </View>
  );
}
