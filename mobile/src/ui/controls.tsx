/** The small parts that screens are made of. */
import Feather from '@expo/vector-icons/Feather';
import { type ComponentProps, type ReactNode, useState } from 'react';
import {
  ActivityIndicator,
  Text as NativeText,
  Platform,
  Pressable,
  TextInput,
  type TextProps,
  type TextStyle,
  View,
  type ViewStyle,
} from 'react-native';
import { avatarColour, font, radius, space, useTheme } from './theme';

export type IconName = ComponentProps<typeof Feather>['name'];

type Tone = 'text' | 'muted' | 'accentText' | 'danger' | 'onAccent' | 'onOwn' | 'onOwnMuted';

export function Text({
  size = 'body',
  tone = 'text',
  weight,
  style,
  ...props
}: TextProps & { size?: keyof typeof font; tone?: Tone; weight?: '500' | '600' | '700' }) {
  const theme = useTheme();
  const look: TextStyle = {
    fontSize: font[size],
    lineHeight: Math.round(font[size] * 1.4),
    color: theme[tone],
    ...(weight && { fontWeight: weight }),
  };
  return <NativeText {...props} style={[look, style]} />;
}

/** A ring for those who use the keyboard; pointers see none. */
function focusRing(focused: boolean, colour: string): ViewStyle {
  return Platform.OS === 'web' && focused
    ? ({ outlineColor: colour, outlineWidth: 2, outlineStyle: 'solid', outlineOffset: 2 } as ViewStyle)
    : {};
}

export function Button({
  label,
  onPress,
  busy = false,
  disabled = false,
  kind = 'primary',
  icon,
}: {
  label: string;
  onPress: () => void;
  busy?: boolean;
  disabled?: boolean;
  kind?: 'primary' | 'plain' | 'danger';
  icon?: IconName;
}) {
  const theme = useTheme();
  const [focused, setFocused] = useState(false);
  const off = disabled || busy;
  const colour = kind === 'primary' ? theme.onAccent : kind === 'danger' ? theme.danger : theme.accentText;
  return (
    <Pressable
      accessibilityRole="button"
      accessibilityState={{ disabled: off, busy }}
      disabled={off}
      onPress={onPress}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
      style={({ pressed, hovered }: { pressed: boolean; hovered?: boolean }) => [
        {
          minHeight: 46,
          paddingHorizontal: space.l,
          borderRadius: radius.m,
          flexDirection: 'row',
          alignItems: 'center',
          justifyContent: 'center',
          gap: space.s,
          backgroundColor: kind === 'primary' ? theme.accent : hovered || pressed ? theme.hover : 'transparent',
          opacity: off ? 0.55 : pressed ? 0.85 : 1,
        },
        focusRing(focused, theme.accent),
      ]}
    >
      {busy ? (
        <ActivityIndicator color={colour} size="small" />
      ) : (
        icon && <Feather name={icon} size={18} color={colour} />
      )}
      <NativeText style={{ color: colour, fontSize: font.body, fontWeight: '600' }}>{label}</NativeText>
    </Pressable>
  );
}

export function IconButton({
  icon,
  label,
  onPress,
  disabled = false,
  filled = false,
  size = 40,
}: {
  icon: IconName;
  label: string;
  onPress: () => void;
  disabled?: boolean;
  filled?: boolean;
  size?: number;
}) {
  const theme = useTheme();
  const [focused, setFocused] = useState(false);
  return (
    <Pressable
      accessibilityRole="button"
      accessibilityLabel={label}
      accessibilityState={{ disabled }}
      disabled={disabled}
      onPress={onPress}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
      hitSlop={4}
      style={({ pressed, hovered }: { pressed: boolean; hovered?: boolean }) => [
        {
          width: size,
          height: size,
          borderRadius: radius.full,
          alignItems: 'center',
          justifyContent: 'center',
          backgroundColor: filled
            ? disabled
              ? theme.line
              : theme.accent
            : hovered || pressed
              ? theme.hover
              : 'transparent',
        },
        focusRing(focused, theme.accent),
      ]}
    >
      <Feather name={icon} size={20} color={filled ? (disabled ? theme.muted : theme.onAccent) : theme.muted} />
    </Pressable>
  );
}

export function Field({
  label,
  hint,
  error,
  ...props
}: ComponentProps<typeof TextInput> & { label: string; hint?: string; error?: string | undefined }) {
  const theme = useTheme();
  const [focused, setFocused] = useState(false);
  return (
    <View style={{ gap: space.xs }}>
      <Text size="note" weight="600" tone="muted">
        {label}
      </Text>
      <TextInput
        accessibilityLabel={label}
        placeholderTextColor={theme.muted}
        {...props}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        style={[
          {
            minHeight: 46,
            borderRadius: radius.m,
            borderWidth: 1.5,
            borderColor: error ? theme.danger : focused ? theme.accent : theme.line,
            backgroundColor: theme.surface,
            color: theme.text,
            paddingHorizontal: space.m,
            fontSize: font.body,
          },
          Platform.OS === 'web' ? ({ outlineStyle: 'none' } as unknown as TextStyle) : {},
        ]}
      />
      {(error || hint) && (
        <Text size="small" tone={error ? 'danger' : 'muted'} accessibilityLiveRegion={error ? 'polite' : 'none'}>
          {error || hint}
        </Text>
      )}
    </View>
  );
}

/** First letters of the first two words, whole characters each. */
function initials(name: string): string {
  const letters = name
    .trim()
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => [...word][0] ?? '');
  return letters.join('').toUpperCase() || '?';
}

export function Avatar({
  id,
  name,
  size = 46,
  group = false,
  online = false,
}: {
  id: string;
  name: string;
  size?: number;
  group?: boolean;
  online?: boolean;
}) {
  const theme = useTheme();
  return (
    <View style={{ width: size, height: size }} accessible={false} importantForAccessibility="no">
      <View
        style={{
          width: size,
          height: size,
          borderRadius: group ? size * 0.32 : size / 2,
          backgroundColor: avatarColour(id),
          alignItems: 'center',
          justifyContent: 'center',
        }}
      >
        <NativeText style={{ color: '#ffffff', fontWeight: '600', fontSize: size * 0.38 }}>{initials(name)}</NativeText>
      </View>
      {online && (
        <View
          style={{
            position: 'absolute',
            right: 0,
            bottom: 0,
            width: size * 0.28,
            height: size * 0.28,
            borderRadius: radius.full,
            backgroundColor: theme.good,
            borderWidth: 2,
            borderColor: theme.surface,
          }}
        />
      )}
    </View>
  );
}

/** A row that can be pressed: of a list of people, conversations or settings. */
export function Row({
  onPress,
  selected = false,
  label,
  children,
}: {
  onPress?: () => void;
  selected?: boolean;
  label: string;
  children: ReactNode;
}) {
  const theme = useTheme();
  const [focused, setFocused] = useState(false);
  return (
    <Pressable
      accessibilityRole="button"
      accessibilityLabel={label}
      accessibilityState={{ selected }}
      onPress={onPress}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
      style={({ pressed, hovered }: { pressed: boolean; hovered?: boolean }) => [
        {
          flexDirection: 'row',
          alignItems: 'center',
          gap: space.m,
          paddingVertical: 10,
          paddingHorizontal: space.m,
          marginHorizontal: space.s,
          borderRadius: radius.m,
          backgroundColor: selected ? theme.selected : hovered || pressed ? theme.hover : 'transparent',
        },
        focusRing(focused, theme.accent),
      ]}
    >
      {children}
    </Pressable>
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
    <View style={{ flex: 1, alignItems: 'center', justifyContent: 'center', padding: space.xl, gap: space.m }}>
      <View
        style={{
          width: 72,
          height: 72,
          borderRadius: 36,
          backgroundColor: theme.selected,
          alignItems: 'center',
          justifyContent: 'center',
        }}
      >
        <Feather name={icon} size={30} color={theme.accentText} />
      </View>
      <Text size="title" weight="600">
        {title}
      </Text>
      <Text tone="muted" style={{ textAlign: 'center', maxWidth: 320 }}>
        {text}
      </Text>
      {children}
    </View>
  );
}

export function Header({ title, onBack, children }: { title: string; onBack?: () => void; children?: ReactNode }) {
  const theme = useTheme();
  return (
    <View
      style={{
        height: 60,
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
      <Text size="title" weight="700" numberOfLines={1} style={{ flex: 1 }} accessibilityRole="header">
        {title}
      </Text>
      {children}
    </View>
  );
}
