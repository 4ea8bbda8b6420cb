import { ConfigError, loadConfig } from '@clatter/runtime';
import { expect, test } from 'vitest';
import { gatewayConfig } from './config.ts';

const load = (env: Record<string, string>) => loadConfig(gatewayConfig, env);

test('the defaults are those of the outside contract', () => {
  expect(load({})).toMatchObject({
    CLATTER_HTTP_PORT: 8080,
    CLATTER_GATEWAY_FRAMES_PER_SECOND: 2000,
    CLATTER_GATEWAY_FRAME_BYTES_MAX: 131_072,
    CLATTER_GATEWAY_HELLO_MS: 10_000,
  });
});

const WANT_URL = 'want an http or https address such as https://chat.example, with nothing behind the host';

test.each([
  ['CLATTER_HTTP_PORT', 'abc', 'want an integer from 0 to 65535'],
  ['CLATTER_HTTP_PORT', '65536', 'want an integer from 0 to 65535'],
  ['CLATTER_HTTP_PORT', '80.5', 'want an integer from 0 to 65535'],
  ['CLATTER_GATEWAY_OUTBOX_BYTES_MAX', '64k', 'want an integer from 65536 to 1000000000'],
  ['CLATTER_PUBLIC_URL', 'chat.example', WANT_URL],
  ['CLATTER_PUBLIC_URL', 'ftp://chat.example', WANT_URL],
  ['CLATTER_PUBLIC_URL', 'https://chat.example/clatter', WANT_URL],
  ['CLATTER_PUBLIC_URL', 'https://chat.example?a=1', WANT_URL],
  ['CLATTER_PUBLIC_URL', 'https://somebody@chat.example', WANT_URL],
  ['CLATTER_PUBLIC_URL', 'https://chat example', WANT_URL],
  ['CLATTER_PUBLIC_URL', '*', WANT_URL],
  ['CLATTER_ORIGINS', 'app.example', 'want origins such as https://app.example, with commas between, or *'],
  ['CLATTER_ORIGINS', 'https://a.example/path', 'want origins such as https://app.example, with commas between, or *'],
  ['CLATTER_TRUSTED_PROXIES', '10.0.0.0/33', 'want addresses or networks such as 10.0.0.0/8, with commas between'],
  ['CLATTER_TRUSTED_PROXIES', 'proxy', 'want addresses or networks such as 10.0.0.0/8, with commas between'],
])('%s=%s is one clear line', (name, value, want) => {
  expect(() => load({ [name]: value })).toThrow(new ConfigError(`${name}: ${want}, got "${value}"`));
});

test.each([
  ['CLATTER_ORIGINS', '*'],
  ['CLATTER_ORIGINS', 'https://App.example, http://localhost:8081/'],
  ['CLATTER_TRUSTED_PROXIES', '127.0.0.1, 10.0.0.0/8,::1,fd00::/8'],
  ['CLATTER_PUBLIC_URL', 'https://chat.example'],
  ['CLATTER_PUBLIC_URL', 'http://localhost:8080/'],
])('%s=%s is taken', (name, value) => {
  expect(load({ [name]: value })).toMatchObject({ [name]: value });
});
