/** Below a message that was refused. */
import Feather from '@expo/vector-icons/Feather';
import { Pressable } from 'react-native';
import { Text } from '../../../ui/text';
import { useTheme } from '../../../ui/theme';

export function NotSent({ onPress }: { onPress: () => void }) {
  const theme = useTheme();
  return (
    <Pressable accessibilityRole="button" onPress={onPress} style={{ flexDirection: 'row', gap: 5 }}>
      <Feather name="alert-circle" size={13} color={theme.danger} style={{ marginTop: 2 }} />
      <Text size="small" weight="500" tone="danger">
        Not sent. Choose what to do.
      </Text>
    </Pressable>
  );
}
