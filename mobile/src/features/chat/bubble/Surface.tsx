/** The area of a bubble, and what one does with it: a long press, a right click or Enter opens the menu; text can be marked. */
import type { MessageView } from '@clatter/client';
import type { ReactNode, RefObject } from 'react';
import { type GestureResponderEvent, Platform, Pressable } from 'react-native';
import { isByKey } from '../../../ui/place';
import { radius, useTheme } from '../../../ui/theme';
import type { BubbleActs } from './acts';

const JOINT = 6;

export function Surface({
  message,
  own,
  first,
  bare,
  byMouse,
  acts,
  children,
}: {
  message: MessageView;
  own: boolean;
  first: boolean;
  /** Without a colour of its own. */
  bare: boolean;
  /** Whether the pointer that pressed last is a mouse. */
  byMouse: RefObject<boolean>;
  acts: BubbleActs;
  children: ReactNode;
}) {
  const theme = useTheme();
  return (
    <Pressable
      onPress={(event: GestureResponderEvent) => {
        // The keyboard's Enter opens the menu; a click does not, so that text can be marked.
        if (isByKey(event) || message.status === 'failed') acts.menu(message);
      }}
      onLongPress={() => {
        if (!byMouse.current) acts.menu(message);
      }}
      {...(Platform.OS === 'web' && {
        onContextMenu: (event: { preventDefault(): void; nativeEvent: { clientX: number; clientY: number } }) => {
          if (!byMouse.current || message.deleted || !globalThis.getSelection?.()?.isCollapsed) return;
          event.preventDefault();
          acts.menu(message, { x: event.nativeEvent.clientX, y: event.nativeEvent.clientY });
        },
      })}
      style={[
        {
          maxWidth: '100%',
          minWidth: 0,
          borderRadius: radius.l,
          ...(own
            ? { borderTopRightRadius: first ? radius.l : JOINT, borderBottomRightRadius: JOINT }
            : { borderTopLeftRadius: first ? radius.l : JOINT, borderBottomLeftRadius: JOINT }),
        },
        bare
          ? { paddingHorizontal: 2 }
          : {
              backgroundColor: own ? theme.own : theme.others,
              boxShadow: theme.shadow,
              paddingHorizontal: 12,
              paddingTop: 7,
              paddingBottom: 7,
            },
        Platform.OS === 'web' ? ({ cursor: 'auto' } as object) : {},
      ]}
    >
      {children}
    </Pressable>
  );
}
