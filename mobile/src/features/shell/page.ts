/** What the browser shows around the app. */
import { useEffect } from 'react';
import type { Theme } from '../../ui/theme';

export function usePageLook(theme: Theme): void {
  useEffect(() => {
    if (typeof document === 'undefined') return;
    const { style } = document.documentElement;
    // Scroll bars and fields of the browser follow, and so does the colour of its own bars.
    style.colorScheme = theme.dark ? 'dark' : 'light';
    style.setProperty('--focus', theme.accent);
    style.backgroundColor = theme.surface;
    for (const meta of document.querySelectorAll('meta[name="theme-color"]'))
      meta.setAttribute('content', theme.surface);
  }, [theme]);
}

export function usePageTitle(unread: number): void {
  useEffect(() => {
    if (typeof document === 'undefined') return;
    document.title = unread > 0 ? `(${unread > 999 ? '999+' : unread}) Clatter` : 'Clatter';
  }, [unread]);
}
