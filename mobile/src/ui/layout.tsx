/** The parts around content: bars, cards, empty places, what is still loading. */
import Feather from '@expo/vector-icons/Feather';
import { type ReactNode, useEffect, useState } from 'react';
import { Animated, View } from 'react-native';
import { Button, IconButton, type IconName } from './button';
import { useCalm } from './motion';
import { Text } from './text';
import { BAR, radius, space, useTheme } from './theme';

export function Bar({ title, onBack, children }: { title: string; onBack?: () => void; children?: ReactNode }) {
  const theme = useTheme();
  return (
    <View
      style={{
        height: BAR,
        flexDirection: 'row',
        alignItems: 'center',
        gap: space.s,
        paddingHorizontal: space.m,
        borderBottomWidth: 1,
        borderBottomColor: theme.line,
        backgroundColor: theme.surface,
      }}
    >
      {onBack && <IconButton icon="arrow-left" label="Back" onPress={onBack} />}
      <Text
        size="title"
        weight="700"
        numberOfLines={1}
        style={{ flex: 1, paddingLeft: onBack ? 0 : space.xs }}
        accessibilityRole="header"
      >
        {title}
      </Text>
      {children}
    </View>
  );
}

export function Card({
  title,
  children,
  flush = false,
}: {
  title?: string;
  children: ReactNode;
  /** Its rows reach to its edges. */
  flush?: boolean;
}) {
  const theme = useTheme();
  return (
    <View style={{ gap: space.s }}>
      {title && (
        <Text size="note" weight="600" tone="muted" style={{ paddingLeft: space.xs }} accessibilityRole="header">
          {title}
        </Text>
      )}
      <View
        style={{
          backgroundColor: theme.surface,
          borderRadius: radius.l,
          borderWidth: 1,
          borderColor: theme.line,
          ...(flush ? { paddingVertical: space.s } : { padding: space.l, gap: space.l }),
        }}
      >
        {children}
      </View>
    </View>
  );
}

export function Empty({
  icon,
  title,
  text,
  children,
}: {
  icon: IconName;
  title: string;
  text: string;
  children?: ReactNode;
}) {
  const theme = useTheme();
  return (
    <View style={{ flex: 1, alignItems: 'center', justifyContent: 'center', padding: space.xl, gap: space.s }}>
      <View
        style={{
          width: 72,
          height: 72,
          borderRadius: 36,
          marginBottom: space.s,
          backgroundColor: theme.selected,
          alignItems: 'center',
          justifyContent: 'center',
        }}
      >
        <Feather name={icon} size={30} color={theme.accentText} />
      </View>
      <Text size="title" weight="600" style={{ textAlign: 'center' }}>
        {title}
      </Text>
      {text !== '' && (
        <Text tone="muted" style={{ textAlign: 'center', maxWidth: 320 }}>
          {text}
        </Text>
      )}
      {children && <View style={{ marginTop: space.m }}>{children}</View>}
    </View>
  );
}

/** Why something is not here, and the way to ask again; in the place of what was asked for. */
export function Problem({ text, onAgain }: { text: string; onAgain: () => void }) {
  return (
    <View role="alert" style={{ alignItems: 'center', padding: space.l, gap: space.xs }}>
      <Text tone="muted" style={{ textAlign: 'center' }}>
        {text}
      </Text>
      <Button label="Try again" kind="plain" icon="refresh-cw" onPress={onAgain} />
    </View>
  );
}

/** Rows of a list that has not come yet. */
export function SkeletonRows({ count, label, size = 50 }: { count: number; label: string; size?: number }) {
  const theme = useTheme();
  const calm = useCalm();
  const [glow] = useState(() => new Animated.Value(1));
  useEffect(() => {
    if (calm) return undefined;
    const step = (toValue: number) => Animated.timing(glow, { toValue, duration: 700, useNativeDriver: false });
    const pulse = Animated.loop(Animated.sequence([step(0.45), step(1)]));
    pulse.start();
    return () => pulse.stop();
  }, [glow, calm]);
  return (
    <Animated.View
      accessibilityLabel={label}
      role="status"
      style={{ paddingHorizontal: space.l + space.xs, paddingTop: space.m, gap: 22, opacity: glow }}
    >
      {[72, 54, 81, 63, 48, 77].slice(0, count).map((width) => (
        <View key={width} style={{ flexDirection: 'row', gap: space.m, alignItems: 'center' }}>
          <View style={{ width: size, height: size, borderRadius: size / 2, backgroundColor: theme.line }} />
          <View style={{ flex: 1, gap: 10 }}>
            <View style={{ height: 11, width: `${width - 30}%`, borderRadius: 6, backgroundColor: theme.line }} />
            <View style={{ height: 11, width: `${width}%`, borderRadius: 6, backgroundColor: theme.line }} />
          </View>
        </View>
      ))}
    </Animated.View>
  );
}
