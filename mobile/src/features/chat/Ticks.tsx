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
  const one = (icon: 'check' | 'clock' | 'alert-circle', tint: string) => (
    <Feather name={icon} size={13} color={tint} />
  );
  const tint = status === 'read' ? readColour : colour;
  return (
    <View accessible accessibilityLabel={words[status]} style={{ flexDirection: 'row', alignItems: 'center' }}>
      {status === 'pending' && one('clock', colour)}
      {status === 'failed' && one('alert-circle', colour)}
      {(status === 'sent' || status === 'delivered' || status === 'read') && one('check', tint)}
      {(status === 'delivered' || status === 'read') && <View style={{ marginLeft: -8 }}>{one('check', tint)}</View>}
    </View>
  );
}
