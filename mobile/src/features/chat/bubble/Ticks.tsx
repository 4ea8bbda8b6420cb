/** How far an own message got: a clock, one tick, two ticks, two coloured ticks. */
import type { MessageStatus } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { View } from 'react-native';

const words: Record<MessageStatus, string> = {
  pending: 'waiting',
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  failed: 'not sent',
};

export function Ticks({
  status,
  colour,
  readColour,
}: {
  status: MessageStatus | undefined;
  colour: string;
  readColour: string;
}) {
  if (!status) return null;
  const one = (icon: 'check' | 'clock' | 'alert-circle', tint: string, size = 13) => (
    <Feather name={icon} size={size} color={tint} />
  );
  const tint = status === 'read' ? readColour : colour;
  const two = status === 'delivered' || status === 'read';
  return (
    <View
      role="img"
      aria-label={words[status]}
      style={{ flexDirection: 'row', alignItems: 'center', width: 18, justifyContent: 'flex-end' }}
    >
      {status === 'pending' && one('clock', colour, 11)}
      {status === 'failed' && one('alert-circle', colour)}
      {(status === 'sent' || two) && one('check', tint)}
      {two && <View style={{ marginLeft: -8.5 }}>{one('check', tint)}</View>}
    </View>
  );
}
