/** The message that another one answers, above its text. */
import type { MessageView } from '@clatter/client';
import { View } from 'react-native';
import { useUser } from '../../../store/people';
import { Text } from '../../../ui/text';
import { personColour, space, useTheme } from '../../../ui/theme';
import { inOneLine } from '../../conversations/snippet';

export function Answered({ message, own }: { message: MessageView | undefined; own: boolean }) {
  const theme = useTheme();
  const sender = useUser(message?.senderId);
  const colours = personColour(message?.senderId ?? '');
  const tint = own ? theme.onOwnMuted : theme.dark ? colours.onDark : colours.onLight;
  return (
    <View
      style={{
        borderLeftWidth: 3,
        borderLeftColor: tint,
        borderRadius: 6,
        backgroundColor: own ? 'rgba(255, 255, 255, 0.13)' : theme.hover,
        paddingHorizontal: space.s,
        paddingVertical: 4,
        marginTop: 2,
        marginBottom: 5,
      }}
    >
      <Text size="small" weight="600" numberOfLines={1} style={{ color: tint, textAlign: 'left' }}>
        {sender?.displayName ?? 'Earlier message'}
      </Text>
      {message && (
        <Text size="note" numberOfLines={1} style={{ color: own ? theme.onOwnMuted : theme.muted }}>
          {inOneLine(message)}
        </Text>
      )}
    </View>
  );
}
