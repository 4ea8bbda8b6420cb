/** How much is new in a chat: a number, an @ for those who are mentioned, or a dot. */
import { View } from 'react-native';
import { Text } from '../../ui/text';
import { radius, useTheme } from '../../ui/theme';

export function Badge({ count, quiet = false }: { count: number | '@' | ''; quiet?: boolean }) {
  const theme = useTheme();
  const size = count === '' ? 13 : 21;
  return (
    <View
      style={{
        minWidth: size,
        height: size,
        borderRadius: radius.full,
        paddingHorizontal: count === '' ? 0 : 6,
        backgroundColor: quiet ? theme.quiet : theme.accent,
        alignItems: 'center',
        justifyContent: 'center',
      }}
    >
      {count !== '' && (
        <Text size="tiny" weight="700" style={{ color: quiet ? theme.onQuiet : theme.onAccent }}>
          {count !== '@' && count > 999 ? '999+' : count}
        </Text>
      )}
    </View>
  );
}
