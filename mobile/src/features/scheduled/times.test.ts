import { expect, it } from 'vitest';
import { momentsFrom } from './times';

const labels = (now: Date): string[] => momentsFrom(now.getTime()).map(({ label }) => label);

it('offers moments that are to come, each once', () => {
  const noon = new Date(2026, 10, 24, 12);
  expect(labels(noon)).toEqual([
    'In one hour',
    'This evening',
    'Tomorrow morning',
    'Tomorrow evening',
    'Monday morning',
    'In a week',
  ]);
  const night = new Date(2026, 10, 24, 23);
  expect(labels(night)).not.toContain('This evening');
  const sunday = new Date(2026, 10, 29, 12);
  expect(labels(sunday)).not.toContain('Monday morning');
  for (const now of [noon, night, sunday])
    for (const { atMs } of momentsFrom(now.getTime())) expect(atMs).toBeGreaterThan(now.getTime());
});
