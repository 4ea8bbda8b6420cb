/** The web client that a gateway serves. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HASHED, HttpNet } from '../test/http-net.ts';
import { SmallPlatform } from '../test/small-platform.ts';
import { idOf } from '../test/test-gateway.ts';

let net: HttpNet;
beforeAll(async () => {
  net = await HttpNet.start();
});
afterAll(() => net?.end());

describe('the web client', () => {
  test('its page opens at every path of its own', async () => {
    for (const path of ['/', '/login', `/chat/${idOf(1)}`, '/settings/profile?tab=1']) {
      const { status, headers, body } = await net.platform.http('GET', path);
      expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
        200,
        expect.stringMatching(/^text\/html/),
        'no-cache',
      ]);
      expect(body).toContain('<title>Clatter</title>');
    }
  });

  test('files whose name has a hash are kept for ever, others are not', async () => {
    const entry = await net.platform.http('GET', `/${HASHED}`);
    expect([entry.status, entry.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    expect(entry.headers.get('content-type')).toMatch(/javascript/);
    expect((await net.platform.http('GET', '/favicon.ico')).headers.get('cache-control')).toBe('no-cache');
  });

  test('what is not there is not there', async () => {
    for (const path of ['/missing.js', '/v1/missing', '/.well-known/missing', '/v1', '/_expo/../../x.js'])
      expect((await net.platform.http('GET', path)).status).toBe(404);
  });

  test('no path leads out of its folder', async () => {
    for (const path of ['/..%2f..%2f..%2fetc%2fpasswd', '/%2e%2e/%2e%2e/etc/passwd', '//etc/passwd'])
      expect((await net.platform.http('GET', path)).body).toContain('<title>Clatter</title>');
  });

  test('pages cannot be framed, and run no scripts of others', async () => {
    const { headers } = await net.platform.http('GET', '/');
    expect(headers.get('content-security-policy')).toMatch(/script-src 'self';.*frame-ancestors 'none'/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('without an exported client the root says what to do', async () => {
    await using bare = await SmallPlatform.start();
    const { status, body } = await bare.http('GET', '/');
    expect([status, body.code, body.detail]).toEqual([404, 'NOT_FOUND', expect.stringContaining('CLATTER_WEB_DIR')]);
  });
});
