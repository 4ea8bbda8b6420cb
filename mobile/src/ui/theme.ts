/** Colours, spaces and sizes: the one place where they are chosen. Text on its background has a contrast of 4.5 : 1 or more. */
import { createContext, useContext } from 'react';
import { Platform, useColorScheme, useWindowDimensions } from 'react-native';

export interface Theme {
  readonly dark: boolean;
  /** Behind chats and forms. */
  readonly background: string;
  /** Lists, headers, cards. */
  readonly surface: string;
  /** What lies on top: menus, chips. */
  readonly raised: string;
  /** Where something is typed. */
  readonly well: string;
  readonly hover: string;
  readonly selected: string;
  readonly line: string;
  readonly text: string;
  readonly muted: string;
  readonly accent: string;
  readonly onAccent: string;
  readonly accentText: string;
  /** Counts of what asks for no attention. */
  readonly quiet: string;
  readonly onQuiet: string;
  /** Bubbles of one's own, and what stands in them. */
  readonly own: string;
  readonly onOwn: string;
  readonly onOwnMuted: string;
  readonly onOwnRead: string;
  readonly others: string;
  /** Days and events between bubbles. */
  readonly note: string;
  readonly danger: string;
  readonly good: string;
  /** The edge of a field that is typed in. */
  readonly focus: string;
  readonly overlay: string;
  readonly shadow: string;
}

const light: Theme = {
  dark: false,
  background: '#f2f4f8',
  surface: '#ffffff',
  raised: '#ffffff',
  well: '#f2f4f8',
  hover: '#f1f3f8',
  selected: '#e6ebff',
  line: '#e2e6ee',
  text: '#151922',
  muted: '#586172',
  accent: '#3b5bdb',
  onAccent: '#ffffff',
  accentText: '#3350c4',
  quiet: '#667085',
  onQuiet: '#ffffff',
  own: '#3b5bdb',
  onOwn: '#ffffff',
  onOwnMuted: '#e0e6ff',
  onOwnRead: '#a5ecff',
  others: '#ffffff',
  note: '#e4e8f0',
  danger: '#c92a2a',
  good: '#2b8a3e',
  focus: '#8fa4f3',
  overlay: 'rgba(15, 20, 32, 0.42)',
  shadow: '0 1px 2px rgba(20, 30, 60, 0.08)',
};

const dark: Theme = {
  dark: true,
  background: '#0d1015',
  surface: '#14181f',
  raised: '#1d222b',
  well: '#1c212a',
  hover: '#1b2029',
  selected: '#232f52',
  line: '#232934',
  text: '#edf0f5',
  muted: '#9aa4b5',
  accent: '#5c7cfa',
  onAccent: '#0a0f1f',
  accentText: '#91a7ff',
  quiet: '#4a5364',
  onQuiet: '#edf0f5',
  own: '#3651bd',
  onOwn: '#ffffff',
  onOwnMuted: '#d3dcff',
  onOwnRead: '#8fe6ff',
  others: '#1f2530',
  note: '#1b2029',
  danger: '#ff8787',
  good: '#51cf66',
  focus: '#4c65c9',
  overlay: 'rgba(0, 0, 0, 0.62)',
  shadow: '0 1px 2px rgba(0, 0, 0, 0.3)',
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
export const font = { tiny: 11, small: 12, note: 13, body: 15, title: 17, large: 22, hero: 30 } as const;

/**
 * The system's own letters; browsers are told where coloured emoji are, for some prefer plain ones. What Linux has is named before them: Chromium
 * takes spaces and digits from an emoji font rather than from what `sans-serif` stands for.
 */
const WEB_FAMILY = [
  ...['-apple-system', 'BlinkMacSystemFont', '"Segoe UI"', 'Roboto', 'Helvetica', 'Arial'],
  ...['"Noto Sans"', '"Liberation Sans"', '"DejaVu Sans"'],
  ...['"Apple Color Emoji"', '"Segoe UI Emoji"', '"Noto Color Emoji"', 'sans-serif'],
].join(', ');
export const family = Platform.OS === 'web' ? WEB_FAMILY : undefined;

/** The height of the bars on top of list and chat: one line across both panes. */
export const BAR = 64;
/** Lines of a chat and forms are no wider: eyes find the next line. */
export const COLUMN = 820;
export const FORM = 560;

/** From this width on, list and chat stand side by side. */
const TWO_PANES = 860;
export const useWide = (): boolean => useWindowDimensions().width >= TWO_PANES;

/** How wide the list is beside a chat. */
export const useListWidth = (): number => Math.min(400, Math.max(330, Math.round(useWindowDimensions().width * 0.27)));

/** How wide a bubble may be: some air is left at the other side. */
export function useBubbleWidth(): number {
  const { width } = useWindowDimensions();
  const list = useListWidth();
  const pane = width >= TWO_PANES ? width - list - 2 * space.xl : width - 2 * space.m;
  return Math.min(580, Math.round(Math.min(COLUMN, pane) * 0.84));
}

/** White is readable on `fill`; `onLight` and `onDark` are readable on bubbles. */
const PEOPLE = [
  { fill: '#c2410c', onLight: '#b83c0a', onDark: '#fdba74' },
  { fill: '#2b7a3d', onLight: '#2b7a3d', onDark: '#86e29b' },
  { fill: '#1864ab', onLight: '#1864ab', onDark: '#8ec8ff' },
  { fill: '#8a2fb0', onLight: '#8a2fb0', onDark: '#e3a8ff' },
  { fill: '#b81d56', onLight: '#b81d56', onDark: '#ff9fc0' },
  { fill: '#0b7285', onLight: '#0b7285', onDark: '#7fe0ee' },
  { fill: '#5b3fc4', onLight: '#5b3fc4', onDark: '#bcb0ff' },
  { fill: '#8a5a00', onLight: '#8a5a00', onDark: '#f2cc6b' },
] as const;

/** The same colour for the same person, on every device. */
export function personColour(id: string): (typeof PEOPLE)[number] {
  let hash = 0;
  for (const char of id) hash = (hash * 31 + char.charCodeAt(0)) >>> 0;
  return PEOPLE[hash % PEOPLE.length] as (typeof PEOPLE)[number];
}
