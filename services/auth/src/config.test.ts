import { loadConfig } from '@clatter/runtime';
import { expect, it } from 'vitest';
import { authConfig } from './config.ts';

it('lets no access token outlive what gateways know of ended sessions', () => {
  const load = (seconds: string) => loadConfig(authConfig, { CLATTER_AUTH_ACCESS_TOKEN_SECONDS: seconds });
  expect(load('900').CLATTER_AUTH_ACCESS_TOKEN_SECONDS).toBe(900);
  expect(() => load('901')).toThrow('CLATTER_AUTH_ACCESS_TOKEN_SECONDS: want an integer from 5 to 900');
});
