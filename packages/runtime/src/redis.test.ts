import { expect, it } from 'vitest';
import { createLogger, loadConfig } from './index.ts';
import { redisConfig, redisOf } from './redis.ts';

const redis = (env: Readonly<Record<string, string>>) =>
  redisOf(loadConfig(redisConfig, env), createLogger({ service: 'test', level: 'silent' }));

it('is none where no address is set', () => {
  expect(redis({})).toBeUndefined();
});

it.each([
  [{ CLATTER_REDIS_TLS_CA_FILE: 'ca.pem' }, 'CLATTER_REDIS_TLS_CA_FILE: want CLATTER_REDIS_URL=rediss://… beside it'],
  [
    { CLATTER_REDIS_URL: 'redis://u:secret@h', CLATTER_REDIS_TLS_CERT_FILE: 'own.pem' },
    'CLATTER_REDIS_TLS_CERT_FILE: want CLATTER_REDIS_URL=rediss://… beside it',
  ],
  [
    { CLATTER_REDIS_URL: 'rediss://u:secret@h', CLATTER_REDIS_TLS_CERT_FILE: 'own.pem' },
    'CLATTER_REDIS_TLS_KEY_FILE: want the file of the private key of CLATTER_REDIS_TLS_CERT_FILE, got nothing',
  ],
  [
    { CLATTER_REDIS_URL: 'rediss://u:secret@h', CLATTER_REDIS_TLS_CA_FILE: '/none/ca.pem' },
    'CLATTER_REDIS_TLS_CA_FILE: want a file that can be read, got "/none/ca.pem" (ENOENT)',
  ],
])('%o is refused in one line, without the secret', (env, line) => {
  const refused = () => redis(env as Record<string, string>);
  expect(refused).toThrow(line);
  expect(refused).not.toThrow('secret');
});
