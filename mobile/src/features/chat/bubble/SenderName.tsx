/** Who says something in a group, above the first of their bubbles. */
import { Text } from '../../../ui/text';
import { personColour, useTheme } from '../../../ui/theme';

export function SenderName({ userId, name }: { userId: string; name: string }) {
  const theme = useTheme();
  const colours = personColour(userId);
  return (
    <Text
      size="note"
      weight="600"
      numberOfLines={1}
      style={{ marginBottom: 1, textAlign: 'left', color: theme.dark ? colours.onDark : colours.onLight }}
    >
      {name}
    </Text>
  );
}
