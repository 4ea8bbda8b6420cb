/** Somebody who was picked; a press takes them out. */
import type { User } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { Pressable } from 'react-native';
import { Avatar } from '../../ui/avatar';
import { Text } from '../../ui/text';
import { radius, useTheme } from '../../ui/theme';

export function PersonChip({ user, onRemove }: { user: User; onRemove: () => void }) {
  const theme = useTheme();
  return (
    <Pressable
      accessibilityRole="button"
      accessibilityLabel={`Take ${user.displayName} out`}
      onPress={onRemove}
      style={{
        flexDirection: 'row',
        alignItems: 'center',
        gap: 6,
        maxWidth: 220,
        backgroundColor: theme.selected,
        borderRadius: radius.full,
        paddingLeft: 4,
        paddingRight: 10,
        paddingVertical: 4,
      }}
    >
      <Avatar id={user.userId} name={user.displayName} size={24} picture={user.avatarUrl} />
      <Text size="note" numberOfLines={1} style={{ flexShrink: 1 }}>
        {user.displayName}
      </Text>
      <Feather name="x" size={14} color={theme.muted} />
    </Pressable>
  );
}
