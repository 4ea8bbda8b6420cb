/** A person in a dialog about a message. */
import type { ReactNode } from 'react';
import { View } from 'react-native';
import { useUser } from '../../../store/people';
import { useClient } from '../../../sync/session';
import { Avatar } from '../../../ui/avatar';
import { Text } from '../../../ui/text';
import { space } from '../../../ui/theme';

export function PersonLine({ userId, children }: { userId: string; children?: ReactNode }) {
  const client = useClient();
  const user = useUser(userId);
  const name = userId === client.userId ? 'You' : (user?.displayName ?? '');
  return (
    <View
      style={{
        flexDirection: 'row',
        alignItems: 'center',
        gap: space.m,
        paddingHorizontal: space.l + space.xs,
        height: 48,
      }}
    >
      <Avatar id={userId} name={user?.displayName ?? ''} size={34} picture={user?.avatarUrl} />
      <Text weight="500" numberOfLines={1} style={{ flex: 1, textAlign: 'left' }}>
        {name || ' '}
      </Text>
      {children}
    </View>
  );
}
