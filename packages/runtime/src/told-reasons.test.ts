import { expect, it } from 'vitest';
import { ToldReasons } from './index.ts';

it('tells one reason, and whatever a person has to mend, once each, and all again after it was over', () => {
  const told = new ToldReasons();
  expect(told.isEmpty).toBe(true);
  const reasons = [
    ['the connection has ended', true],
    ['connect ECONNREFUSED', false],
    ['WRONGPASS invalid username-password pair', true],
    ['connect ECONNREFUSED', false],
    ['WRONGPASS invalid username-password pair', false],
    ['TLS: the other side says: certificate expired', true],
  ] as const;
  for (const [reason, isNew] of reasons) expect([reason, told.isNew(reason)]).toEqual([reason, isNew]);
  expect(told.isEmpty).toBe(false);
  told.clear();
  expect(told.isEmpty).toBe(true);
  expect(told.isNew('connect ECONNREFUSED')).toBe(true);
});

it('tells a bounded number of them', () => {
  const told = new ToldReasons();
  const many = Array.from({ length: 100 }, (_, number) => told.isNew(`the certificate of server ${number} has ended`));
  expect(many.filter(Boolean)).toHaveLength(8);
});
