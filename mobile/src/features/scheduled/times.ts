/** Moments that people send things at. */

const HOUR_MS = 3_600_000;

export interface Moment {
  readonly label: string;
  readonly atMs: number;
}

const at = (now: Date, days: number, hour: number): number =>
  new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour).getTime();

/** Those that are worth offering now, in order. */
export function momentsFrom(nowMs: number): Moment[] {
  const now = new Date(nowMs);
  const toMonday = (8 - now.getDay()) % 7 || 7;
  const moments = [
    { label: 'In one hour', atMs: nowMs + HOUR_MS },
    { label: 'This evening', atMs: at(now, 0, 18) },
    { label: 'Tomorrow morning', atMs: at(now, 1, 9) },
    { label: 'Tomorrow evening', atMs: at(now, 1, 18) },
    { label: 'Monday morning', atMs: at(now, toMonday, 9) },
    { label: 'In a week', atMs: nowMs + 7 * 24 * HOUR_MS },
  ];
  // Monday may be tomorrow, and the evening past or near.
  const later = moments.filter(({ atMs }, index) => index === 0 || atMs > nowMs + HOUR_MS);
  return later.filter(({ atMs }, index) => later.findIndex((other) => other.atMs === atMs) === index);
}

const moment = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: 'numeric',
  minute: '2-digit',
});

export const momentName = (atMs: number): string => moment.format(atMs);
