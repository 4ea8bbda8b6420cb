/** Phones keep the place by themselves: `maintainVisibleContentPosition`. */
import type { RefObject } from 'react';
import type { ScrollView } from 'react-native';

export interface Keeper {
  look(): void;
  hold(): void;
}

export const keeperOf = (_scroll: RefObject<ScrollView | null>): Keeper => ({
  look: () => undefined,
  hold: () => undefined,
});
