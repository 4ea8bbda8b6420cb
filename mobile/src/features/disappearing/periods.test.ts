import { expect, it } from 'vitest';
import { PERIODS, periodName, shortPeriod } from './periods';

it('names periods in the largest unit that fits', () => {
  expect(PERIODS.slice(1).map(periodName)).toEqual(['5 minutes', '1 hour', '1 day', '1 week', '90 days']);
  expect([5, 90, 5400, 172_800].map(periodName)).toEqual(['5 seconds', '90 seconds', '90 minutes', '2 days']);
  expect([300, 86_400].map(shortPeriod)).toEqual(['5m', '1d']);
});
