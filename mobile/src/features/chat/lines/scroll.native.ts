/** Phones keep the place by themselves: `maintainVisibleContentPosition`. */
import type { RefObject } from 'react';
import type { ScrollView } from 'react-native';

export interface Keeper {
  look(): void;
  hold(): void;
  show(key: string, index: number, height: number): void;
  placed(key: string, y: number): void;
}

export function keeperOf(scroll: RefObject<ScrollView | null>): Keeper {
  const places = new Map<string, number>();
  let wanted: { readonly key: string; readonly height: number } | undefined;
  const go = (): void => {
    const y = wanted && places.get(wanted.key);
    if (!wanted || y === undefined) return;
    scroll.current?.scrollTo({ y: Math.max(0, y - wanted.height / 2), animated: true });
    wanted = undefined;
  };
  return {
    look: () => undefined,
    hold: () => undefined,
    show(key, _index, height) {
      wanted = { key, height };
      go();
    },
    placed(key, y) {
      places.set(key, y);
      go();
    },
  };
}
