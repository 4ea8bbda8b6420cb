/** Pages of other origins. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HttpNet } from '../test/http-net.ts';
import { SmallPlatform } from '../test/small-platform.ts';

let net: HttpNet;
beforeAll(async () => {
  net = await HttpNet.start();
});
afterAll(() => net?.end());

describe('pages of other origins', () => {
  test('on the list may use the API', async () => {
    const origin = 'https://app.example';
    const preflight = await net.platform.http('OPTIONS', '/v1/me', undefined, undefined, {
      origin,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization,content-type',
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
    const me = await net.platform.http('GET', '/v1/me', undefined, net.alice.token, { origin });
    expect([me.status, me.headers.get('access-control-allow-origin'), me.headers.get('vary')]).toEqual([
      200,
      origin,
      'origin',
    ]);
    const problem = await net.platform.http('GET', '/v1/me', undefined, undefined, { origin });
    expect([problem.status, problem.headers.get('access-control-allow-origin')]).toEqual([401, origin]);
  });

  test('on the list may use every method that the API has', async () => {
    const api = await net.platform.http('GET', '/v1/openapi.json');
    const paths = Object.values(api.body.paths as Record<string, object>);
    const methods = [...new Set(paths.flatMap((path) => Object.keys(path)))].map((method) => method.toUpperCase());
    expect(methods).toEqual(expect.arrayContaining(['GET', 'PUT']));
    const preflight = await net.platform.http('OPTIONS', '/v1/me', undefined, undefined, {
      origin: 'https://app.example',
      'access-control-request-method': 'PUT',
    });
    const allowed = preflight.headers.get('access-control-allow-methods')?.split(', ');
    expect(allowed).toEqual(expect.arrayContaining(methods));
  });

  test('that are not may not', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'GET' };
    const preflight = await net.platform.http('OPTIONS', '/v1/me', undefined, undefined, headers);
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([404, null]);
    const me = await net.platform.http('GET', '/v1/me', undefined, net.alice.token, headers);
    expect(me.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('behind TLS cookies are Secure, and pages of the public address open sockets', async () => {
    await using behind = await SmallPlatform.start({
      CLATTER_PUBLIC_URL: 'https://chat.example',
      CLATTER_TRUSTED_PROXIES: '127.0.0.1',
    });
    const made = await behind.http('POST', '/v1/accounts', { username: 'alice', password: 'correct horse' });
    expect(made.headers.get('set-cookie')).toMatch(/; Secure/);
    expect(made.headers.get('strict-transport-security')).toBe('max-age=31536000');
    const socket = behind.socket({ origin: 'https://chat.example' });
    socket.send({ ref: 1, hello: { token: made.body.session.accessToken } });
    expect(await socket.answer(1)).toMatchObject({ welcome: {} });
  });
});
