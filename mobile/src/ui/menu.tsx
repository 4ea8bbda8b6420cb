/** What can be done with something: beside the pointer where there is room, from below on phones. */
import Feather from '@expo/vector-icons/Feather';
import { type ReactNode, useState } from 'react';
import { Modal, Platform, Pressable, useWindowDimensions, View } from 'react-native';
import { type IconName, Row } from './button';
import { bare } from './field';
import { useFocusWithin } from './focus';
import { onMenuKey } from './menu-keys';
import type { Place } from './place';
import { Text } from './text';
import { radius, space, useTheme, useWide } from './theme';

const WIDTH = 292;

/** A menu that is open; whoever shows it takes it away when `onClose` is called. */
export function Menu({
  label,
  place,
  onClose,
  children,
}: {
  label: string;
  /** Where it was asked for; the middle of the screen where that is unknown. */
  place: Place | undefined;
  onClose: () => void;
  children: ReactNode;
}) {
  const theme = useTheme();
  const wide = useWide();
  const { width, height } = useWindowDimensions();
  const [own, setOwn] = useState(0);
  const area = useFocusWithin();
  const at = place ?? { x: width / 2 - WIDTH / 2, y: height / 2 - own / 2 };
  const popover = {
    position: 'absolute',
    left: Math.max(space.s, Math.min(at.x, width - WIDTH - space.s)),
    top: Math.max(space.s, Math.min(at.y, height - own - space.s)),
    width: WIDTH,
    borderRadius: radius.m,
    borderWidth: 1,
    borderColor: theme.line,
    // Its height is known when it was drawn once.
    opacity: own > 0 ? 1 : 0,
  } as const;
  const sheet = {
    position: 'absolute',
    left: 0,
    right: 0,
    bottom: 0,
    paddingBottom: space.xl,
    borderTopLeftRadius: radius.l,
    borderTopRightRadius: radius.l,
  } as const;
  return (
    <Modal transparent animationType={wide ? 'none' : 'fade'} visible onRequestClose={onClose}>
      <Pressable
        accessibilityLabel="Close the menu"
        tabIndex={-1}
        onPress={onClose}
        style={{ flex: 1, backgroundColor: wide ? 'transparent' : theme.overlay, cursor: 'auto' } as object}
      />
      <View
        ref={area}
        tabIndex={-1}
        role="menu"
        aria-label={label}
        onLayout={({ nativeEvent }) => setOwn(nativeEvent.layout.height)}
        {...(Platform.OS === 'web' &&
          ({ onKeyDown: (event: Parameters<typeof onMenuKey>[0]) => onMenuKey(event, onClose) } as object))}
        style={{
          backgroundColor: theme.raised,
          paddingVertical: space.s,
          boxShadow: '0 8px 30px rgba(10, 15, 30, 0.22)',
          ...(bare as object),
          ...(wide ? popover : sheet),
        }}
      >
        {children}
      </View>
    </Modal>
  );
}

export function MenuItem({
  icon,
  label,
  onPress,
  danger = false,
}: {
  icon: IconName;
  label: string;
  onPress: () => void;
  danger?: boolean;
}) {
  const theme = useTheme();
  return (
    <Row role="menuitem" label={label} onPress={onPress}>
      <Feather name={icon} size={18} color={danger ? theme.danger : theme.muted} />
      <Text tone={danger ? 'danger' : 'text'} numberOfLines={1} style={{ flex: 1 }}>
        {label}
      </Text>
    </Row>
  );
}
