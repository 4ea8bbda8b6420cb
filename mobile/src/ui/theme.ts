/** Colours, spaces and sizes: the one place where they are chosen. Text on its background has a contrast of 4.5 : 1 or more. */
import { createContext, useContext } from 'react';
import { useColorScheme } from 'react-native';

export interface Theme {
  readonly dark: boolean;
  readonly background: string;
  readonly surface: string;
  readonly raised: string;
  readonly hover: string;
  readonly selected: string;
  readonly line: string;
  readonly text: string;
  readonly muted: string;
  readonly accent: string;
  readonly onAccent: string;
  readonly accentText: string;
  readonly own: string;
  readonly onOwn: string;
  readonly onOwnMuted: string;
  readonly others: string;
  readonly danger: string;
  readonly good: string;
  readonly overlay: string;
}

const light: Theme = {
  dark: false,
  background: '#f4f5f8',
  surface: '#ffffff',
  raised: '#ffffff',
  hover: '#f1f3f7',
  selected: '#e7ecff',
  line: '#e3e6ec',
  text: '#161a22',
  muted: '#5d6675',
  accent: '#3b5bdb',
  onAccent: '#ffffff',
  accentText: '#3451c7',
  own: '#3b5bdb',
  onOwn: '#ffffff',
  onOwnMuted: '#d7dfff',
  others: '#ffffff',
  danger: '#c92a2a',
  good: '#2b8a3e',
  overlay: 'rgba(16, 20, 30, 0.45)',
};

const dark: Theme = {
  dark: true,
  background: '#0f1217',
  surface: '#161a21',
  raised: '#1e232c',
  hover: '#1d222b',
  selected: '#25304f',
  line: '#262c37',
  text: '#eceff4',
  muted: '#98a2b3',
  accent: '#5c7cfa',
  onAccent: '#0b1020',
  accentText: '#91a7ff',
  own: '#3a55c4',
  onOwn: '#ffffff',
  onOwnMuted: '#c6d1ff',
  others: '#212733',
  danger: '#ff8787',
  good: '#69db7c',
  overlay: 'rgba(0, 0, 0, 0.6)',
};

export type ThemeChoice = 'system' | 'light' | 'dark';

export const ThemeChoiceContext = createContext<{ choice: ThemeChoice; choose: (choice: ThemeChoice) => void }>({
  choice: 'system',
  choose: () => undefined,
});

export function useTheme(): Theme {
  const system = useColorScheme();
  const { choice } = useContext(ThemeChoiceContext);
  return (choice === 'system' ? system : choice) === 'dark' ? dark : light;
}

export const space = { xs: 4, s: 8, m: 12, l: 16, xl: 24, xxl: 40 } as const;
export const radius = { s: 8, m: 12, l: 18, full: 999 } as const;
export const font = { small: 12, note: 13, body: 15, title: 17, large: 22, hero: 30 } as const;

/** From this width on, list and chat stand side by side. */
export const TWO_PANES = 860;

const AVATARS = ['#e8590c', '#2f9e44', '#1971c2', '#9c36b5', '#c2255c', '#0c8599', '#6741d9', '#a0670a'] as const;

/** The same colour for the same person, on every device. */
export function avatarColour(id: string): string {
  let hash = 0;
  for (const char of id) hash = (hash * 31 + char.charCodeAt(0)) >>> 0;
  return AVATARS[hash % AVATARS.length] as string;
}
