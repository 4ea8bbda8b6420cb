import { expect, it } from 'vitest';
import { ToldReasons } from './index.ts';

it('tells each reason once, a bounded number of them, and all again after it was over', () => {
  const told = new ToldReasons();
  expect(told.isEmpty).toBe(true);
  expect(['refused', 'refused', 'wrong password', 'refused'].map((reason) => told.isNew(reason))).toEqual([
    true,
    false,
    true,
    false,
  ]);
  const many = Array.from({ length: 100 }, (_, i) => told.isNew(`at ${i}`));
  expect(many.filter(Boolean)).toHaveLength(6);
  expect(told.isEmpty).toBe(false);
  told.clear();
  expect(told.isEmpty).toBe(true);
  expect(told.isNew('refused')).toBe(true);
});
