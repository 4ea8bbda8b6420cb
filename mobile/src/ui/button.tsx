/** What is pressed. The ring of the keyboard's focus is drawn by the page, for all of them. */
import Feather from '@expo/vector-icons/Feather';
import type { ComponentProps, ReactNode } from 'react';
import { ActivityIndicator, type GestureResponderEvent, Pressable, View } from 'react-native';
import { Text } from './text';
import { radius, space, useTheme } from './theme';

export type IconName = ComponentProps<typeof Feather>['name'];

type State = { pressed: boolean; hovered?: boolean };

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
  kind?: 'primary' | 'plain' | 'danger' | 'dangerFilled';
  icon?: IconName;
}) {
  const theme = useTheme();
  const off = disabled || busy;
  const primary = kind === 'primary' || kind === 'dangerFilled';
  const fill = kind === 'dangerFilled' ? theme.danger : theme.accent;
  const tone = primary ? (disabled ? 'muted' : 'onAccent') : kind === 'danger' ? 'danger' : 'accentText';
  return (
    <Pressable
      accessibilityRole="button"
      accessibilityLabel={label}
      accessibilityState={{ disabled: off, busy }}
      disabled={off}
      onPress={onPress}
      style={({ pressed, hovered }: State) => ({
        minHeight: 46,
        paddingHorizontal: space.l,
        borderRadius: radius.m,
        flexDirection: 'row',
        alignItems: 'center',
        justifyContent: 'center',
        gap: space.s,
        backgroundColor: primary ? (disabled ? theme.line : fill) : hovered || pressed ? theme.hover : 'transparent',
        opacity: pressed ? 0.8 : primary && hovered ? 0.92 : 1,
      })}
    >
      {busy ? (
        <ActivityIndicator color={theme[tone]} size="small" />
      ) : (
        icon && <Feather name={icon} size={18} color={theme[tone]} />
      )}
      <Text weight="600" tone={tone}>
        {label}
      </Text>
    </Pressable>
  );
}

export function IconButton({
  icon,
  label,
  onPress,
  onLongPress,
  disabled = false,
  filled = false,
  size = 40,
}: {
  icon: IconName;
  label: string;
  onPress: (event: GestureResponderEvent) => void;
  onLongPress?: ((event: GestureResponderEvent) => void) | undefined;
  disabled?: boolean;
  filled?: boolean;
  size?: number;
}) {
  const theme = useTheme();
  const colour = filled ? (disabled ? theme.muted : theme.onAccent) : theme.muted;
  return (
    <Pressable
      accessibilityRole="button"
      accessibilityLabel={label}
      accessibilityState={{ disabled }}
      disabled={disabled}
      onPress={onPress}
      onLongPress={onLongPress ?? null}
      hitSlop={4}
      style={({ pressed, hovered }: State) => ({
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
        opacity: pressed ? 0.8 : 1,
      })}
    >
      <Feather name={icon} size={Math.round(size * 0.48)} color={colour} />
    </Pressable>
  );
}

/** A row that can be pressed: of a list of people, conversations or choices. */
export function Row({
  onPress,
  onLongPress,
  selected = false,
  label,
  role = 'button',
  children,
}: {
  onPress?: ((event: GestureResponderEvent) => void) | undefined;
  onLongPress?: ((event: GestureResponderEvent) => void) | undefined;
  selected?: boolean;
  label: string;
  role?: 'button' | 'menuitem';
  children: ReactNode;
}) {
  const theme = useTheme();
  const look = {
    flexDirection: 'row',
    alignItems: 'center',
    gap: space.m,
    paddingVertical: 10,
    paddingHorizontal: space.m,
    marginHorizontal: space.s,
    borderRadius: radius.m,
  } as const;
  if (!onPress) return <View style={look}>{children}</View>;
  return (
    <Pressable
      accessibilityRole={role}
      accessibilityLabel={label}
      accessibilityState={{ selected }}
      onPress={onPress}
      onLongPress={onLongPress ?? null}
      style={({ pressed, hovered }: State) => ({
        ...look,
        backgroundColor: selected ? theme.selected : hovered || pressed ? theme.hover : 'transparent',
      })}
    >
      {children}
    </Pressable>
  );
}
