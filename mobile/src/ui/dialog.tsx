/** Something beside the screen that asks for attention: in the middle where there is room, from below on phones. */
import type { ReactNode } from 'react';
import { Modal, Pressable, useWindowDimensions, View } from 'react-native';
import { IconButton } from './button';
import { bare } from './field';
import { closedByEscape, useFocusWithin } from './focus';
import { Text } from './text';
import { radius, space, useTheme, useWide } from './theme';

const WIDTH = 440;

export function Dialog({
  title,
  onClose,
  children,
  closable = true,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Whether it has a cross; where not, what is in it closes it. */
  closable?: boolean;
}) {
  const theme = useTheme();
  const wide = useWide();
  const { height } = useWindowDimensions();
  const area = useFocusWithin();
  const middle = { width: WIDTH, borderRadius: radius.l, borderWidth: 1, borderColor: theme.line } as const;
  const below = {
    width: '100%',
    borderTopLeftRadius: radius.l,
    borderTopRightRadius: radius.l,
    paddingBottom: space.l,
  } as const;
  return (
    <Modal transparent animationType="fade" visible onRequestClose={onClose}>
      <View
        style={{
          flex: 1,
          alignItems: 'center',
          justifyContent: wide ? 'center' : 'flex-end',
          backgroundColor: theme.overlay,
        }}
      >
        <Pressable
          accessibilityLabel="Close"
          tabIndex={-1}
          onPress={onClose}
          style={{ position: 'absolute', top: 0, right: 0, bottom: 0, left: 0, cursor: 'auto' } as object}
        />
        <View
          ref={area}
          tabIndex={-1}
          role="group"
          aria-label={title}
          {...closedByEscape(onClose)}
          style={{
            backgroundColor: theme.raised,
            boxShadow: '0 12px 40px rgba(10, 15, 30, 0.28)',
            maxHeight: Math.round(height * 0.82),
            ...(bare as object),
            ...(wide ? middle : below),
          }}
        >
          <View
            style={{
              flexDirection: 'row',
              alignItems: 'center',
              minHeight: 56,
              paddingLeft: space.l + space.xs,
              paddingRight: space.s,
              gap: space.s,
            }}
          >
            <Text size="title" weight="700" numberOfLines={1} accessibilityRole="header" style={{ flex: 1 }}>
              {title}
            </Text>
            {closable && <IconButton icon="x" label="Close" onPress={onClose} />}
          </View>
          {children}
        </View>
      </View>
    </Modal>
  );
}
