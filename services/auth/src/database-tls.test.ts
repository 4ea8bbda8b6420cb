import { createLogger, loadConfig } from '@clatter/runtime';
import { expect, it } from 'vitest';
import { authConfig } from './config.ts';
import { databaseTls } from './database-tls.ts';

const tls = (env: Readonly<Record<string, string>>) =>
  databaseTls(loadConfig(authConfig, env), createLogger({ service: 'test', level: 'silent' }));

it('is off, or on with the certificates that Node knows', () => {
  expect(tls({})).toBeUndefined();
  expect(tls({ CLATTER_AUTH_DATABASE_TLS: 'on' })?.secureContext).toBeDefined();
});

it.each([
  [{ CLATTER_AUTH_DATABASE_CA_FILE: 'ca.pem' }, 'CLATTER_AUTH_DATABASE_CA_FILE: want CLATTER_AUTH_DATABASE_TLS=on'],
  [
    { CLATTER_AUTH_DATABASE_TLS: 'on', CLATTER_AUTH_DATABASE_CERT_FILE: 'own.pem' },
    'CLATTER_AUTH_DATABASE_KEY_FILE: want the file of the private key of CLATTER_AUTH_DATABASE_CERT_FILE, got nothing',
  ],
  [
    { CLATTER_AUTH_DATABASE_TLS: 'on', CLATTER_AUTH_DATABASE_CA_FILE: '/none/ca.pem' },
    'CLATTER_AUTH_DATABASE_CA_FILE: want a file that can be read, got "/none/ca.pem" (ENOENT)',
  ],
])('%o is refused in one line', (env, line) => {
  expect(() => tls(env as Record<string, string>)).toThrow(line);
});
