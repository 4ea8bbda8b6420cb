/** Moves the lines in a browser so that what one looks at stays in its place, whatever is added or grows above it. */
import type { RefObject } from 'react';
import type { ScrollView } from 'react-native';

interface Anchor {
  readonly line: HTMLElement;
  /** Where it stands in what is seen. */
  readonly top: number;
}

export interface Keeper {
  /** The person scrolled: the first line that is seen is held from now on. */
  look(): void;
  /** Lines were added, or have another height. */
  hold(): void;
  /** Scrolls to the line with that key, which is the `index`-th that is drawn, in an area so high. */
  show(key: string, index: number, height: number): void;
  /** A line was laid out; browsers know where theirs are. */
  placed(key: string, y: number): void;
}

export function keeperOf(scroll: RefObject<ScrollView | null>): Keeper {
  let anchor: Anchor | undefined;
  const area = (): HTMLElement | undefined => scroll.current?.getScrollableNode() as unknown as HTMLElement | undefined;
  return {
    look() {
      const view = area();
      const lines = view?.firstElementChild?.children;
      if (!view || !lines) return;
      let low = 0;
      let high = lines.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        const line = lines[middle] as HTMLElement;
        if (line.offsetTop + line.offsetHeight > view.scrollTop) high = middle;
        else low = middle + 1;
      }
      const line = lines[low] as HTMLElement | undefined;
      anchor = line && { line, top: line.offsetTop - view.scrollTop };
    },
    hold() {
      const view = area();
      if (view && anchor?.line.isConnected) view.scrollTop = anchor.line.offsetTop - anchor.top;
    },
    show(_key, index, height) {
      const view = area();
      const line = view?.firstElementChild?.children[index] as HTMLElement | undefined;
      if (!view || !line) return;
      view.scrollTop = Math.max(0, line.offsetTop - Math.max(0, height - line.offsetHeight) / 2);
      anchor = { line, top: line.offsetTop - view.scrollTop };
    },
    placed: () => undefined,
  };
}
