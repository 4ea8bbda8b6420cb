/** What opens over the screen takes the keyboard: its keys begin there, and screen readers read it first. */
import { type RefObject, useEffect, useRef } from 'react';
import { Platform, type View } from 'react-native';

/** For the ref of a view that has `tabIndex={-1}`. On phones screen readers go into what is modal by themselves. */
export function useFocusWithin(): RefObject<View | null> {
  const area = useRef<View>(null);
  useEffect(() => {
    if (Platform.OS !== 'web') return;
    const element = area.current as unknown as HTMLElement | null;
    // What it holds may have taken it already.
    if (element && !element.contains(document.activeElement)) element.focus();
  }, []);
  return area;
}

interface KeyEvent {
  readonly key: string;
  stopPropagation(): void;
}

/** For what has the keyboard: Escape closes it at once, also while it is still fading in, when the modal around it does not listen yet. */
export const closedByEscape = (onClose: () => void): object =>
  Platform.OS === 'web'
    ? {
        onKeyDown: (event: KeyEvent) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          onClose();
        },
      }
    : {};
