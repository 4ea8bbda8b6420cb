/** After how long messages disappear, in words. */

const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [7 * 86_400, 'week'],
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];

export const PERIODS: readonly number[] = [0, 300, 3600, 86_400, 7 * 86_400, 90 * 86_400];

/** In the largest unit that it is a whole number of. */
export function periodName(seconds: number): string {
  const [size, name] = UNITS.find(([unit]) => seconds % unit === 0) ?? [1, 'second'];
  const count = seconds / size;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** For a mark beside a name: 1d, 5m. */
export function shortPeriod(seconds: number): string {
  const [size, name] = UNITS.find(([unit]) => seconds % unit === 0) ?? [1, 'second'];
  return `${seconds / size}${name.charAt(0)}`;
}
