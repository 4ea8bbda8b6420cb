/** Above what was forwarded: who said it first. */
import type { MessageView } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { View } from 'react-native';
import { useUser } from '../../../store/people';
import { Text } from '../../../ui/text';

/** From so many times on it is many times. */
const MANY = 5;

export function ForwardedLabel({
  forwarded,
  colour,
}: {
  forwarded: NonNullable<MessageView['forwarded']>;
  colour: string;
}) {
  const first = useUser(forwarded.senderId);
  const often = forwarded.hops >= MANY ? 'Forwarded many times' : 'Forwarded';
  return (
    <View style={{ flexDirection: 'row', alignItems: 'center', gap: 5, marginBottom: 2 }}>
      <Feather name="corner-up-right" size={12} color={colour} />
      <Text size="small" numberOfLines={1} style={{ color: colour, fontStyle: 'italic', flexShrink: 1 }}>
        {first ? `${often}, from ${first.displayName}` : often}
      </Text>
    </View>
  );
}
