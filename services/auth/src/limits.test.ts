/** Limits of an address. Those of an account are tested with the logins that they are for. */
import { loadConfig } from '@clatter/runtime';
import { expect, it } from 'vitest';
import { authConfig } from './config.ts';
import { createLimits } from './limits.ts';
import { codeOf } from './test/auth-under-test.ts';

const limits = createLimits(
  loadConfig(authConfig, { CLATTER_AUTH_FAILED_LOGINS_PER_ADDRESS: '5', CLATTER_AUTH_REGISTRATIONS_PER_ADDRESS: '3' }),
  undefined,
);

it('refuse an address that fails at many accounts, and count nothing against the accounts for it', async () => {
  const at = (account: string, address = '10.0.0.1') => codeOf(limits.begin({ account, address }));
  for (let i = 0; i < 5; i++) expect(await at(`a${i}`)).toBe('none');
  for (let i = 0; i < 20; i++) expect(await at('victim')).toBe('RATE_LIMITED');
  expect(await codeOf(limits.check({ account: 'victim', address: '10.0.0.1' }))).toBe('RATE_LIMITED');
  expect(await codeOf(limits.check({ account: 'victim', address: '10.0.0.2' }))).toBe('none');
  expect(await at('victim', '10.0.0.2')).toBe('none');
});

it('do not count a guess that was right', async () => {
  const guess = { account: 'right', address: '10.0.0.3' };
  for (let i = 0; i < 20; i++) {
    expect(await codeOf(limits.begin(guess))).toBe('none');
    await limits.succeeded(guess);
  }
});

it('refuse an address that registers too many, until when', async () => {
  const codes = await Promise.all(Array.from({ length: 5 }, () => codeOf(limits.registration('10.0.0.4'))));
  expect(codes).toEqual(['none', 'none', 'none', 'RATE_LIMITED', 'RATE_LIMITED']);
  await expect(limits.registration('10.0.0.4')).rejects.toMatchObject({ retryAfterMs: expect.any(Number) });
  expect(await codeOf(limits.registration('10.0.0.5'))).toBe('none');
});
