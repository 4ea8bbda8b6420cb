/** The reactions that are one press away. */
import type { MessageView } from '@clatter/client';
import { Pressable, View } from 'react-native';
import { IconButton } from '../../../ui/button';
import { Text } from '../../../ui/text';
import { radius, space, useTheme } from '../../../ui/theme';

const REACTIONS = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

export function QuickReactions({
  reactions,
  onPick,
  onMore,
}: {
  reactions: MessageView['reactions'];
  /** @param mine it is one's own already, and is taken back */
  onPick: (emoji: string, mine: boolean) => void;
  /** All other emoji. */
  onMore: () => void;
}) {
  const theme = useTheme();
  return (
    <View
      style={{
        flexDirection: 'row',
        justifyContent: 'space-between',
        paddingHorizontal: space.m,
        paddingBottom: space.xs,
      }}
    >
      {REACTIONS.map((emoji) => {
        const mine = reactions.some((reaction) => reaction.emoji === emoji && reaction.mine);
        return (
          <Pressable
            key={emoji}
            accessibilityRole="button"
            accessibilityLabel={mine ? `Take back ${emoji}` : `React with ${emoji}`}
            onPress={() => onPick(emoji, mine)}
            style={({ hovered }: { pressed: boolean; hovered?: boolean }) => ({
              width: 38,
              height: 38,
              alignItems: 'center',
              justifyContent: 'center',
              borderRadius: radius.full,
              backgroundColor: mine ? theme.selected : hovered ? theme.hover : 'transparent',
            })}
          >
            <Text size="large">{emoji}</Text>
          </Pressable>
        );
      })}
      <IconButton icon="plus" label="More reactions" size={38} onPress={onMore} />
    </View>
  );
}
