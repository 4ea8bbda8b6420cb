import { describe, expect, test } from 'vitest';
import {
  dayName,
  direction,
  initials,
  isEmojiOnly,
  isolated,
  lastSeen,
  listTime,
  ownSentence,
  sameDay,
  sentence,
} from './format';

const noon = new Date(2026, 4, 20, 12).getTime();
const DAY = 86_400_000;

describe('texts', () => {
  test.each([
    ['hello', 'ltr'],
    ['مرحبا hello', 'rtl'],
    ['hello مرحبا', 'ltr'],
    ['123 שלום', 'rtl'],
    ['', 'ltr'],
    ['👍', 'ltr'],
    ['来週', 'ltr'],
  ])('%s runs %s', (text, way) => expect(direction(text)).toBe(way));

  test.each([
    ['Maya Lindqvist', 'ML'],
    ['Harbour walk 🌊', 'HW'],
    ['🌊 Harbour', 'H'],
    ['田中 健二', '田'],
    ['أمينة الزهراء', 'أ'],
    ['  ann  ', 'A'],
    ['🌊', ''],
    ['', ''],
  ])('the initials of %s are %s', (name, letters) => expect(initials(name)).toBe(letters));

  test.each([
    ['👍', true],
    ['👨‍👩‍👧‍👦', true],
    ['🇫🇮🇯🇵', true],
    ['❤️ 🎉 👍🏽', true],
    ['👍👍👍👍', false],
    ['ok 👍', false],
    ['1', false],
    ['#', false],
    ['', false],
  ])('%s alone is large: %s', (text, large) => expect(isEmojiOnly(text)).toBe(large));

  test('a name that runs the other way keeps to itself in a sentence', () => {
    expect(isolated('Maya')).toBe('Maya');
    expect(ownSentence(`${isolated('أمينة')} left`)).toBe('\u200e\u2068أمينة\u2069 left');
    expect(ownSentence('Maya left')).toBe('Maya left');
  });

  test('sentences begin with a capital', () => expect(sentence('want 3')).toBe('Want 3'));
});

describe('times', () => {
  test('days have names near today, and dates beyond a week', () => {
    expect(dayName(noon, noon)).toBe('Today');
    expect(dayName(noon - DAY, noon)).toBe('Yesterday');
    expect(dayName(noon - 3 * DAY, noon)).toMatch(/day$/i);
    expect(dayName(noon - 30 * DAY, noon)).toContain('2026');
    // A clock that is behind the server's.
    expect(dayName(noon + 3 * DAY, noon)).toContain('2026');
  });

  test('lists show the time of today only', () => {
    expect(listTime(noon, noon)).toMatch(/12/);
    expect(listTime(noon - DAY, noon)).toBe('Yesterday');
  });

  test('midnight parts two days', () => {
    const midnight = new Date(2026, 4, 20).getTime();
    expect(sameDay(midnight - 1, midnight)).toBe(false);
    expect(sameDay(midnight, midnight + 1)).toBe(true);
  });

  test('last seen', () => {
    expect(lastSeen(0, noon)).toBe('offline');
    expect(lastSeen(noon - 10_000, noon)).toBe('last seen just now');
    expect(lastSeen(noon - 5 * 60_000, noon)).toBe('last seen 5 min ago');
    expect(lastSeen(noon - DAY, noon)).toMatch(/^last seen yesterday at /);
  });
});
