/** All emoji that one may react with. */
import { Pressable, ScrollView, View } from 'react-native';
import { Dialog } from '../../../ui/dialog';
import { Text } from '../../../ui/text';
import { radius, space, useTheme } from '../../../ui/theme';
import { EMOJI } from './emoji';

export function EmojiDialog({ onPick, onClose }: { onPick: (emoji: string) => void; onClose: () => void }) {
  const theme = useTheme();
  return (
    <Dialog title="React" onClose={onClose}>
      <ScrollView
        style={{ flexShrink: 1 }}
        contentContainerStyle={{ paddingHorizontal: space.l, paddingBottom: space.l }}
      >
        {EMOJI.map(({ title, emoji }) => (
          <View key={title} style={{ marginBottom: space.m }}>
            <Text size="note" weight="600" tone="muted" accessibilityRole="header" style={{ padding: space.xs }}>
              {title}
            </Text>
            <View style={{ flexDirection: 'row', flexWrap: 'wrap' }}>
              {emoji.map((one) => (
                <Pressable
                  key={one}
                  accessibilityRole="button"
                  accessibilityLabel={`React with ${one}`}
                  onPress={() => onPick(one)}
                  style={({ hovered }: { pressed: boolean; hovered?: boolean }) => ({
                    width: 44,
                    height: 44,
                    alignItems: 'center',
                    justifyContent: 'center',
                    borderRadius: radius.m,
                    backgroundColor: hovered ? theme.hover : 'transparent',
                  })}
                >
                  <Text size="large">{one}</Text>
                </Pressable>
              ))}
            </View>
          </View>
        ))}
      </ScrollView>
    </Dialog>
  );
}
