/** A member in a list: who, and in which role. */
import type { Member } from '@clatter/client';
import type { GestureResponderEvent } from 'react-native';
import { View } from 'react-native';
import { usePresence, useUser } from '../../store/people';
import { Avatar } from '../../ui/avatar';
import { Row } from '../../ui/button';
import { Text } from '../../ui/text';
import { radius, useTheme } from '../../ui/theme';

export function MemberRow({
  member,
  own,
  onPress,
}: {
  member: Member;
  own: boolean;
  onPress: ((event: GestureResponderEvent) => void) | undefined;
}) {
  const user = useUser(member.userId);
  const presence = usePresence(own ? undefined : member.userId);
  const name = own ? 'You' : (user?.displayName ?? '');
  const role = member.role === 'member' ? '' : member.role;
  return (
    <Row label={`${name || 'Member'}${role && `, ${role}`}`} onPress={onPress}>
      <Avatar
        id={member.userId}
        name={user?.displayName ?? ''}
        size={40}
        online={presence?.status === 'ONLINE'}
        picture={user?.avatarUrl}
      />
      <View style={{ flex: 1, minWidth: 0 }}>
        <Text weight="600" numberOfLines={1} style={{ textAlign: 'left' }}>
          {name || ' '}
        </Text>
        <Text size="note" tone="muted" numberOfLines={1} style={{ textAlign: 'left' }}>
          {user ? `@${user.username}` : ' '}
        </Text>
      </View>
      {role !== '' && <RoleBadge role={role} />}
    </Row>
  );
}

function RoleBadge({ role }: { role: string }) {
  const theme = useTheme();
  return (
    <View
      style={{ backgroundColor: theme.selected, borderRadius: radius.full, paddingHorizontal: 10, paddingVertical: 3 }}
    >
      <Text size="small" weight="600" tone="accentText">
        {role === 'owner' ? 'Owner' : 'Admin'}
      </Text>
    </View>
  );
}
