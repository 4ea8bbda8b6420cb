/** The reactions to a message; pressing one adds or takes back one's own. */
import type { MessageView } from '@clatter/client';
import { Platform, Pressable, View } from 'react-native';
import { Text } from '../../../ui/text';
import { radius, space, useTheme } from '../../../ui/theme';

export function Reactions({
  reactions,
  overlap,
  onPress,
  onMore,
}: {
  reactions: MessageView['reactions'];
  overlap: boolean;
  onPress: (emoji: string, mine: boolean) => void;
  /** A long press, or a right click: who gave them. */
  onMore: () => void;
}) {
  const theme = useTheme();
  return (
    <View
      style={{
        flexDirection: 'row',
        flexWrap: 'wrap',
        gap: 4,
        marginTop: overlap ? -5 : 4,
        paddingHorizontal: space.s,
        zIndex: 1,
      }}
    >
      {reactions.map(({ emoji, count, mine }) => (
        <Pressable
          key={emoji}
          accessibilityRole="button"
          accessibilityLabel={`${emoji}, ${count}${mine ? ', yours' : ''}`}
          accessibilityHint="A long press shows who"
          onPress={() => onPress(emoji, mine)}
          onLongPress={onMore}
          {...(Platform.OS === 'web' && {
            onContextMenu: (event: { preventDefault(): void }) => {
              event.preventDefault();
              onMore();
            },
          })}
          style={{
            flexDirection: 'row',
            alignItems: 'center',
            gap: 4,
            backgroundColor: mine ? theme.selected : theme.raised,
            borderWidth: 1,
            borderColor: mine ? theme.accent : theme.line,
            borderRadius: radius.full,
            paddingHorizontal: 8,
            height: 25,
          }}
        >
          <Text size="note">{emoji}</Text>
          {count > 1 && (
            <Text size="small" weight="600" tone={mine ? 'accentText' : 'muted'}>
              {count}
            </Text>
          )}
        </Pressable>
      ))}
    </View>
  );
}
