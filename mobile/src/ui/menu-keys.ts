/** The keys of a menu in a browser: arrows, Home and End go through what it offers, and Escape leaves it; the page's own keys would scroll. */

const STEPS: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (at <= 0 ? count : at) - 1,
  Home: () => 0,
  End: (_at, count) => count - 1,
};

interface KeyEvent {
  readonly key: string;
  readonly currentTarget: unknown;
  preventDefault(): void;
  stopPropagation(): void;
}

export function onMenuKey(event: KeyEvent, onClose: () => void): void {
  if (event.key === 'Escape') {
    event.stopPropagation();
    return onClose();
  }
  const step = STEPS[event.key];
  if (!step) return;
  const items = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('[role=menuitem]')];
  if (items.length === 0) return;
  event.preventDefault();
  items[step(items.indexOf(document.activeElement as HTMLElement), items.length)]?.focus();
}
