/** Above the field of a chat: what is to be sent there later. */
import Feather from '@expo/vector-icons/Feather';
import { Pressable, View } from 'react-native';
import { useScheduled } from '../../store/scheduled';
import { Text } from '../../ui/text';
import { COLUMN, space, useTheme } from '../../ui/theme';
import { useGo } from '../shell/navigation';
import { momentName } from './times';

export function ScheduledBanner({ conversationId }: { conversationId: string }) {
  const theme = useTheme();
  const go = useGo();
  const items = useScheduled().filter((item) => item.conversationId === conversationId);
  const [next] = items;
  if (!next) return null;
  const failed = items.filter(({ status }) => status === 'FAILED').length;
  const text =
    failed > 0
      ? `${failed} ${failed === 1 ? 'message' : 'messages'} could not be sent`
      : items.length === 1
        ? `A message goes out ${momentName(next.sendAtMs)}`
        : `${items.length} messages are to be sent, the next ${momentName(next.sendAtMs)}`;
  return (
    <Pressable
      accessibilityRole="button"
      accessibilityLabel={`${text}: show them`}
      onPress={() => go('/scheduled')}
      style={({ pressed, hovered }: { pressed: boolean; hovered?: boolean }) => ({
        borderTopWidth: 1,
        borderTopColor: theme.line,
        backgroundColor: hovered || pressed ? theme.hover : theme.surface,
        paddingHorizontal: space.l,
        paddingVertical: space.s,
      })}
    >
      <View
        style={{
          width: '100%',
          maxWidth: COLUMN,
          alignSelf: 'center',
          flexDirection: 'row',
          alignItems: 'center',
          gap: space.s,
        }}
      >
        <Feather
          name={failed > 0 ? 'alert-circle' : 'clock'}
          size={16}
          color={failed > 0 ? theme.danger : theme.muted}
        />
        <Text size="note" tone={failed > 0 ? 'danger' : 'muted'} numberOfLines={1} style={{ flex: 1 }}>
          {text}
        </Text>
        <Feather name="chevron-right" size={16} color={theme.muted} />
      </View>
    </Pressable>
  );
}
