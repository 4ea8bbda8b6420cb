/** A word between the bubbles, such as a day. */
import { View } from 'react-native';
import { ownSentence } from '../../../ui/format';
import { Text } from '../../../ui/text';
import { radius, space, useTheme } from '../../../ui/theme';

export function Note({ text, strong = false }: { text: string; strong?: boolean }) {
  const theme = useTheme();
  return (
    <View style={{ alignItems: 'center', marginTop: strong ? space.l : space.m, marginBottom: space.xs }}>
      <View
        style={{
          backgroundColor: theme.note,
          borderRadius: radius.full,
          paddingHorizontal: space.m,
          paddingVertical: 4,
          maxWidth: '90%',
        }}
      >
        <Text size="small" tone="muted" weight={strong ? '600' : undefined} style={{ textAlign: 'center' }}>
          {ownSentence(text)}
        </Text>
      </View>
    </View>
  );
}
