/** Fingers have no Shift: on their devices Enter breaks the line. */
import { Platform } from 'react-native';

export const hasKeyboard = (): boolean =>
  Platform.OS === 'web' && globalThis.matchMedia('(hover: hover) and (pointer: fine)').matches;

/** A key that was pressed in the field. */
export interface Key {
  preventDefault(): void;
  readonly nativeEvent: object;
}

export interface KeyHandlers {
  readonly submit: () => void;
  /** Escape; undefined where there is nothing to leave. */
  readonly leave: (() => void) | undefined;
  /** Arrow up in an empty field. */
  readonly editLast: (() => void) | undefined;
}

/** Enter sends where there is a keyboard, Shift+Enter breaks the line. */
export function onComposerKey(event: Key, { submit, leave, editLast }: KeyHandlers): void {
  const { key, shiftKey, isComposing } = event.nativeEvent as {
    key: string;
    shiftKey?: boolean;
    isComposing?: boolean;
  };
  if (isComposing) return;
  if (key === 'Escape' && leave) return leave();
  if (!hasKeyboard()) return;
  const run = key === 'ArrowUp' ? editLast : key === 'Enter' && !shiftKey ? submit : undefined;
  if (!run) return;
  event.preventDefault();
  run();
}
