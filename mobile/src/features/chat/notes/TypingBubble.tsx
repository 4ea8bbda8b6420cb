/** Who is typing. */
import { useEffect, useState } from 'react';
import { Animated, View } from 'react-native';
import { useUser } from '../../../store/people';
import { useTyping } from '../../../store/typing';
import { Avatar } from '../../../ui/avatar';
import { useCalm } from '../../../ui/motion';
import { radius, space, useTheme } from '../../../ui/theme';

export function TypingBubble({ conversationId, group }: { conversationId: string; group: boolean }) {
  const theme = useTheme();
  const typing = useTyping(conversationId);
  const first = useUser(typing[0]);
  const firstId = typing[0];
  if (firstId === undefined) return null;
  const name = first?.displayName ?? 'Somebody';
  return (
    <View
      role="status"
      aria-label={typing.length > 1 ? `${typing.length} people are typing` : `${name} is typing`}
      style={{ flexDirection: 'row', alignItems: 'flex-end', gap: space.s, marginTop: space.m }}
    >
      {group && <Avatar id={firstId} name={name} size={30} />}
      <View
        style={{
          flexDirection: 'row',
          gap: 4,
          paddingHorizontal: 14,
          height: 36,
          alignItems: 'center',
          backgroundColor: theme.others,
          borderRadius: radius.l,
          borderBottomLeftRadius: 5,
          boxShadow: theme.shadow,
        }}
      >
        {[0, 1, 2].map((place) => (
          <Dot key={place} place={place} />
        ))}
      </View>
    </View>
  );
}

function Dot({ place }: { place: number }) {
  const theme = useTheme();
  const calm = useCalm();
  const [glow] = useState(() => new Animated.Value(0.35));
  useEffect(() => {
    if (calm) return undefined;
    const step = (toValue: number) => Animated.timing(glow, { toValue, duration: 280, useNativeDriver: false });
    const wave = Animated.loop(
      Animated.sequence([Animated.delay(place * 150), step(1), step(0.35), Animated.delay((2 - place) * 150 + 200)]),
    );
    wave.start();
    return () => wave.stop();
  }, [glow, place, calm]);
  return (
    <Animated.View style={{ width: 7, height: 7, borderRadius: 4, backgroundColor: theme.muted, opacity: glow }} />
  );
}
