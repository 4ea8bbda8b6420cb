/** The message that another one answers, above its text. */
import type { MessageView } from '@clatter/client';
import { Pressable } from 'react-native';
import { useUser } from '../../../store/people';
import { useClient } from '../../../sync/session';
import { Text } from '../../../ui/text';
import { personColour, space, useTheme } from '../../../ui/theme';
import { inOneLine } from '../../conversations/snippet';

export function Answered({
  message,
  own,
  onPress,
}: {
  message: MessageView | undefined;
  own: boolean;
  onPress: () => void;
}) {
  const theme = useTheme();
  const client = useClient();
  const sender = useUser(message?.senderId);
  const colours = personColour(message?.senderId ?? '');
  const tint = own ? theme.onOwnMuted : theme.dark ? colours.onDark : colours.onLight;
  const name = message?.senderId === client.userId ? 'You' : (sender?.displayName ?? 'Earlier message');
  return (
    <Pressable
      accessibilityRole="button"
      accessibilityLabel={`Show the message of ${name} that this answers`}
      onPress={onPress}
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
        {message ? name : 'Earlier message'}
      </Text>
      {message && (
        <Text size="note" numberOfLines={1} style={{ color: own ? theme.onOwnMuted : theme.muted }}>
          {inOneLine(message)}
        </Text>
      )}
    </Pressable>
  );
}
