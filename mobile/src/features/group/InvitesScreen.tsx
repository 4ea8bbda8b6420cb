/** The invite links of a group. */
import { View } from 'react-native';
import { useMadeInvites } from '../../store/made-invites';
import { Card, Problem, SkeletonRows } from '../../ui/layout';
import { Text } from '../../ui/text';
import { useTheme } from '../../ui/theme';
import { Column, Screen } from '../shell/Screen';
import { InviteForm } from './InviteForm';
import { InviteRow } from './InviteRow';
import { useInvites } from './useInvites';

export function InvitesScreen({ conversationId, onBack }: { conversationId: string; onBack: () => void }) {
  const theme = useTheme();
  const made = useMadeInvites();
  const { items, problem, again } = useInvites(conversationId);
  return (
    <Screen title="Invite links" onBack={onBack}>
      <Column>
        <InviteForm conversationId={conversationId} />
        <Card title="Good now">
          {problem !== '' ? (
            <Problem text={problem} onAgain={again} />
          ) : items === undefined ? (
            <SkeletonRows count={2} label="Loading links" size={36} />
          ) : items.length === 0 ? (
            <Text tone="muted">No link lets anybody in now. Whoever has a link that you make here can join.</Text>
          ) : (
            items.map((invite, index) => (
              <View
                key={invite.inviteId}
                style={index > 0 && { borderTopWidth: 1, borderTopColor: theme.line, paddingTop: 14 }}
              >
                <InviteRow conversationId={conversationId} invite={invite} url={made.get(invite.inviteId)?.url} />
              </View>
            ))
          )}
        </Card>
      </Column>
    </Screen>
  );
}
