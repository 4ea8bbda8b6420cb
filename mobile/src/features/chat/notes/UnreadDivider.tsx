/** Where reading ended. */
import { View } from 'react-native';
import { Text } from '../../../ui/text';
import { space, useTheme } from '../../../ui/theme';

export function UnreadDivider() {
  const theme = useTheme();
  const rule = <View style={{ flex: 1, height: 1, backgroundColor: theme.accent, opacity: 0.35 }} />;
  return (
    <View
      style={{ flexDirection: 'row', alignItems: 'center', gap: space.m, marginTop: space.l, marginBottom: space.xs }}
    >
      {rule}
      <Text size="small" weight="600" tone="accentText">
        New messages
      </Text>
      {rule}
    </View>
  );
}
