/** Times and texts as people read them. */

const time = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' });
const short = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const full = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
const DAY_MS = 86_400_000;

/** The number of the day, here. */
export const dayOf = (ms: number): number => Math.floor((ms - new Date(ms).getTimezoneOffset() * 60_000) / DAY_MS);

export const sameDay = (a: number, b: number): boolean => dayOf(a) === dayOf(b);

export const clockTime = (ms: number): string => time.format(ms);

export function dayName(ms: number, now = Date.now()): string {
  const days = dayOf(now) - dayOf(ms);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return days > 1 && days < 7 ? weekday.format(ms) : full.format(ms);
}

/** For lists: the time today, then the day. */
export function listTime(ms: number, now = Date.now()): string {
  const days = dayOf(now) - dayOf(ms);
  if (days === 0) return time.format(ms);
  if (days === 1) return 'Yesterday';
  return days > 1 && days < 7 ? weekday.format(ms).slice(0, 3) : short.format(ms);
}

export function lastSeen(ms: number, now = Date.now()): string {
  if (!ms) return 'offline';
  const minutes = Math.round((now - ms) / 60_000);
  if (minutes < 1) return 'last seen just now';
  if (minutes < 60) return `last seen ${minutes} min ago`;
  return `last seen ${dayName(ms, now).toLowerCase()} at ${time.format(ms)}`;
}

/** Which way a text runs, by its first letter that tells. */
export const direction = (text: string): 'rtl' | 'ltr' =>
  /^[^A-Za-z\u00c0-\u024f\u0370-\u058f\u0900-\ud7ff]*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u.test(text)
    ? 'rtl'
    : 'ltr';

const RTL = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A name inside a sentence of ours: one that runs the other way keeps to itself, and turns nothing around it. */
export const isolated = (name: string): string => (RTL.test(name) ? `\u2068${name}\u2069` : name);

/** A sentence of ours runs as it does, whatever it begins with. */
export const ownSentence = (text: string): string => (RTL.test(text) ? `\u200e${text}` : text);

/** Scripts whose letters join, or whose characters are wide: one is enough. */
const ONE_LETTER = /[\u0590-\u1cff\u2e80-\u9fff\ua960-\ud7ff\uf900-\ufaff\ufb1d-\ufeff]/;

/** First letters of the first two words, whole characters each; empty where there is no letter. */
export function initials(name: string): string {
  const letters = name
    .trim()
    .split(/\s+/)
    .map((word) =>
      [...word].find(
        (char) => char.toLowerCase() !== char.toUpperCase() || /[\d\u0590-\ud7ff\uf900-\uffdc]/u.test(char),
      ),
    )
    .filter((char) => char !== undefined);
  return letters
    .slice(0, ONE_LETTER.test(letters[0] ?? '') ? 1 : 2)
    .join('')
    .toUpperCase();
}

const PICTURE = '(?:[\\u{1f1e6}-\\u{1f1ff}]{2}|[#*0-9]\\ufe0f?\\u20e3|\\p{Extended_Pictographic})';
const MODIFIER = '(?:\\ufe0f|[\\u{1f3fb}-\\u{1f3ff}])?';

/** Engines of phones may not know the classes of characters: emoji are then as large as text. */
function emojiPattern(): RegExp | undefined {
  try {
    return new RegExp(`^(?:${PICTURE}${MODIFIER}(?:\\u200d${PICTURE}${MODIFIER})*\\s*){1,3}$`, 'u');
  } catch {
    return undefined;
  }
}

const emojiOnly = emojiPattern();

/** One to three emoji and nothing else: shown large. */
export const isEmojiOnly = (text: string): boolean => text.length <= 60 && (emojiOnly?.test(text) ?? false);

/** The server's words begin in lower case: they follow a field's name elsewhere. */
export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
