import { ConfigError } from '@clatter/runtime';
import { expect, it } from 'vitest';
import { readSettings } from './settings.ts';

it('takes a name that no setting has for a mistake, but for those of tests', () => {
  expect(() => readSettings({ CLATTER_HTTP_PROT: '1' })).toThrow(
    new ConfigError('CLATTER_HTTP_PROT: there is no such setting'),
  );
  expect(readSettings({ CLATTER_TEST_CHROMIUM: '/usr/bin/chromium', HOME: '/' }).CLATTER_HTTP_PORT).toBe(8080);
});

it('wants three renewals in a lease, or live gateways would count as dead', () => {
  const read = (renewMs: number, leaseMs: number) =>
    readSettings({ CLATTER_GATEWAY_RENEW_MS: String(renewMs), CLATTER_PRESENCE_LEASE_MS: String(leaseMs) });
  expect(read(500, 1500)).toMatchObject({ CLATTER_GATEWAY_RENEW_MS: 500 });
  expect(() => read(501, 1500)).toThrow(
    new ConfigError('CLATTER_GATEWAY_RENEW_MS: want a third of CLATTER_PRESENCE_LEASE_MS (1500) at most, got 501'),
  );
});
