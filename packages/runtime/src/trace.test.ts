import { expect, it } from 'vitest';
import { newTraceparent } from './index.ts';

it('makes W3C traceparents that differ, over the edge of a pool too', () => {
  const made = Array.from({ length: 5000 }, () => newTraceparent());
  expect(made.every((trace) => /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/.test(trace))).toBe(true);
  expect(new Set(made.map((trace) => trace.slice(3, 35))).size).toBe(made.length);
  expect(new Set(made.map((trace) => trace.slice(36, 52))).size).toBe(made.length);
});
