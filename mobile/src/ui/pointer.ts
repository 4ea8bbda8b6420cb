/** What a mouse finds: where there is none, such a button would lie unseen below a finger. */
import { useState } from 'react';
import { Platform } from 'react-native';

export const hasHover = Platform.OS === 'web' && (globalThis.matchMedia?.('(hover: hover)').matches ?? false);

interface PointerLike {
  readonly nativeEvent: { readonly pointerType?: string };
}

/** Whether a mouse is over something, or the keyboard is in it; for the props of the view around it. */
export function useAttention(): { readonly attended: boolean; readonly props: object } {
  const [hovered, setHovered] = useState(false);
  const [focused, setFocused] = useState(false);
  return {
    attended: hovered || focused,
    props: {
      onPointerEnter: (event: PointerLike) => setHovered(event.nativeEvent.pointerType === 'mouse'),
      onPointerLeave: () => setHovered(false),
      ...(Platform.OS === 'web' && {
        // A click leaves the focus behind, too; the browser knows which of them is to be seen.
        onFocus: (event: { target: unknown }) => setFocused((event.target as HTMLElement).matches(':focus-visible')),
        onBlur: () => setFocused(false),
      }),
    },
  };
}
