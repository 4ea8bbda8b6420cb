/** Single sign-on: a real issuer of OpenID Connect and a plain server of OAuth 2, over HTTP, with a browser's steps. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestNet } from './testnet.ts';

const RETURN = 'http://localhost:1/back';

let net: TestNet;
const servers: Server[] = [];
let base = '';
/** What the plain server gave: code to its PKCE challenge. */
const codes = new Map<string, string>();
let plainId: unknown = 4711;

const listen = (server: Server): Promise<string> =>
  new Promise((resolve) => {
    servers.push(server);
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });

async function freeUrl(): Promise<string> {
  const server = createServer();
  const url = await listen(server);
  await new Promise((resolve) => servers.pop()?.close(resolve));
  return url;
}

async function startIssuer(): Promise<string> {
  const server = createServer((request, response) => void answer(request, response));
  const url = await listen(server);
  const issuer = new Provider(url, {
    clients: [
      {
        client_id: 'clatter',
        client_secret: 'x'.repeat(32),
        redirect_uris: [`${base}/v1/sso/corp/callback`],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    pkce: { required: () => true },
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id, name: `Name of ${id}` }) }),
    claims: { openid: ['sub'], profile: ['name'] },
    conformIdTokenClaims: false,
  });
  const answer = issuer.callback();
  return url;
}

const startPlain = (): Promise<string> =>
  listen(
    createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://localhost');
      const give = (value: unknown, status = 200) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      if (url.pathname === '/me') {
        const known = request.headers.authorization === 'Bearer plain-token';
        give(known ? { id: plainId, name: 'Plain\nPat' } : {});
        return;
      }
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const form = new URLSearchParams(body);
        const challenge = createHash('sha256')
          .update(form.get('code_verifier') ?? '')
          .digest('base64url');
        if (codes.get(form.get('code') ?? '') !== challenge) {
          give({ error: 'invalid_grant' }, 400);
          return;
        }
        codes.delete(form.get('code') ?? '');
        give({ access_token: 'plain-token', token_type: 'bearer' });
      });
    }),
  );

beforeAll(async () => {
  base = await freeUrl();
  const [corp, plain] = [await startIssuer(), await startPlain()];
  const clientSecret = 'x'.repeat(32);
  net = await TestNet.start({
    CLATTER_HTTP_PORT: new URL(base).port,
    CLATTER_AUTH_SSO_BASE_URL: base,
    CLATTER_AUTH_SSO_RETURN_URLS: RETURN,
    CLATTER_AUTH_SSO: JSON.stringify({
      corp: { issuer: corp, clientId: 'clatter', clientSecret },
      plain: {
        clientId: 'clatter',
        clientSecret,
        authorizationUrl: `${plain}/auth`,
        tokenUrl: `${plain}/token`,
        profileUrl: `${plain}/me`,
      },
      google: { preset: 'google', clientId: 'x', clientSecret },
      facebook: { preset: 'facebook', clientId: 'x', clientSecret },
    }),
  });
});

afterAll(async () => {
  await net?.[Symbol.asyncDispose]();
  for (const server of servers) server.close();
});

/** A browser: cookies, and no redirect that it is not told to follow. */
class Browser {
  readonly #cookies = new Map<string, string>();

  async get(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('cookie', [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(url, { redirect: 'manual', ...init, headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (cookie.split(';')[0] ?? '').split(/=(.*)/s);
      this.#cookies.set(name, value);
    }
    return response;
  }

  async post(path: string, body: unknown, token?: string): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await this.get(net.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async start(provider: string, more = ''): Promise<{ authorizeUrl: string; secret?: string }> {
    const response = await this.get(
      `${net.url}/v1/sso/${provider}/start?returnUrl=${encodeURIComponent(RETURN)}${more}`,
    );
    expect(response.status).toBe(200);
    return (await response.json()) as { authorizeUrl: string; secret?: string };
  }

  /** Logs in at the issuer, by its pages for development, as far as the address that it sends the browser back to. */
  async atIssuer(authorizeUrl: string, login: string): Promise<string> {
    let url = authorizeUrl;
    for (let step = 0; step < 12; step++) {
      let response = await this.get(url);
      if (response.status === 200) {
        const page = await response.text();
        const action = new URL(/action="([^"]+)"/.exec(page)?.[1] ?? '', url).toString();
        const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1] ?? '';
        response = await this.get(action, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams({ prompt, ...(prompt === 'login' && { login, password: 'any' }) }).toString(),
        });
      }
      url = new URL(response.headers.get('location') ?? '', url).toString();
      if (url.startsWith(base)) return url;
    }
    throw new Error(`the issuer sends nobody back, but to ${url}`);
  }

  /** The browser is back: where it is sent on to. */
  async back(url: string): Promise<URL> {
    const response = await this.get(url);
    expect([response.status, response.status === 302 ? '' : await response.text()]).toEqual([302, '']);
    return new URL(response.headers.get('location') ?? '');
  }

  async code(login: string): Promise<string> {
    const { authorizeUrl } = await this.start('corp');
    return (await this.back(await this.atIssuer(authorizeUrl, login))).searchParams.get('code') ?? '';
  }

  /** Logs in at the plain server, which asks nobody anything. */
  atPlain(authorizeUrl: string): string {
    const url = new URL(authorizeUrl);
    const code = crypto.randomUUID();
    codes.set(code, url.searchParams.get('code_challenge') ?? '');
    return `${url.searchParams.get('redirect_uri')}?code=${code}&state=${url.searchParams.get('state')}`;
  }
}

it('logs in by an issuer of OpenID Connect, makes the account once, and takes each code once', async () => {
  const browser = new Browser();
  const code = await browser.code('ada');
  const stranger = await new Browser().post('/v1/sso/session', { code });
  expect([stranger.status, stranger.body.code]).toEqual([401, 'UNAUTHENTICATED']);
  const first = await browser.post('/v1/sso/session', { code, device: { name: 'web' } });
  expect(first.status).toBe(201);
  const again = await browser.post('/v1/sso/session', { code });
  expect(again.body.code).toBe('UNAUTHENTICATED');
  const second = new Browser();
  const other = await second.post('/v1/sso/session', { code: await second.code('ada') });
  expect(other.body.user).toEqual(first.body.user);
  const third = new Browser();
  const bob = await third.post('/v1/sso/session', { code: await third.code('bob') });
  expect(bob.body.user).not.toEqual(first.body.user);
});

it('takes back only the browser that began, once, and only what the provider vouches for', async () => {
  const browser = new Browser();
  const { authorizeUrl } = await browser.start('plain');
  const url = browser.atPlain(authorizeUrl);
  const elsewhere = await new Browser().get(url);
  expect(elsewhere.status).toBe(401);
  // The state is used up, so that nobody tries on.
  expect((await browser.get(url)).status).toBe(401);
  const next = await browser.start('plain');
  const wrong = await browser.back(browser.atPlain(next.authorizeUrl).replace(/code=[^&]+/, 'code=stolen'));
  expect([wrong.searchParams.get('error'), wrong.searchParams.get('code')]).toEqual(['UNAUTHENTICATED', null]);
  const denied = await browser.start('plain');
  const state = new URL(denied.authorizeUrl).searchParams.get('state');
  const back = await browser.back(`${base}/v1/sso/plain/callback?error=access_denied&state=${state}`);
  expect(back.searchParams.get('error')).toBe('UNAUTHENTICATED');
  expect((await browser.get(`${net.url}/v1/sso/plain/start?returnUrl=https://evil.example/`)).status).toBe(400);
  expect((await browser.get(`${net.url}/v1/sso/nowhere/start?returnUrl=${RETURN}`)).status).toBe(404);
  plainId = undefined;
  const nobody = await browser.start('plain');
  expect((await browser.back(browser.atPlain(nobody.authorizeUrl))).searchParams.get('error')).toBe('UNAUTHENTICATED');
  plainId = 4711;
});

it('logs in by OAuth 2 with the secret of an app, and by no other', async () => {
  const app = new Browser();
  const { authorizeUrl, secret } = await app.start('plain', '&bind=secret');
  expect(new URL(authorizeUrl).searchParams.get('code_challenge_method')).toBe('S256');
  const code = (await new Browser().back(app.atPlain(authorizeUrl))).searchParams.get('code') ?? '';
  expect((await app.post('/v1/sso/session', { code })).status).toBe(401);
  expect((await app.post('/v1/sso/session', { code, secret: 'x' })).status).toBe(401);
  const login = await app.post('/v1/sso/session', { code, secret });
  expect(login.status).toBe(201);
  expect(login.body.user).toMatchObject({ displayName: 'Plain Pat' });
});

it('links to the account that is logged in, and leaves a way in', async () => {
  const alice = await net.person('alice');
  const token = alice.accessToken;
  const browser = new Browser();
  const begin = async () => {
    const path = `/v1/me/identities/corp/start?returnUrl=${encodeURIComponent(RETURN)}`;
    const { authorizeUrl } = (await browser.post(path, {}, token)).body as { authorizeUrl: string };
    return (await browser.back(await browser.atIssuer(authorizeUrl, 'alice.corp'))).searchParams.get('code') ?? '';
  };
  const code = await begin();
  // The code of a link logs in nobody.
  expect((await browser.post('/v1/sso/session', { code })).status).toBe(401);
  const linked = await browser.post('/v1/me/identities', { code }, token);
  expect([linked.status, linked.body]).toMatchObject([201, { identity: { provider: 'corp' } }]);
  const other = new Browser();
  const login = await other.post('/v1/sso/session', { code: await other.code('alice.corp') });
  expect(login.body.user).toMatchObject({ userId: alice.userId });

  const mallory = new Browser();
  const made = await mallory.post('/v1/sso/session', { code: await mallory.code('mallory') });
  const { accessToken } = made.body.session as { accessToken: string };
  const unlink = (by: string) => net.http('DELETE', '/v1/me/identities/corp', undefined, by);
  expect((await unlink(accessToken)).body.code).toBe('CONFLICT');
  expect((await unlink(token)).status).toBe(204);
  expect((await unlink(token)).status).toBe(404);
  expect((await net.http('GET', '/v1/me/identities', undefined, token)).body.items).toEqual([]);
  expect((await net.http('GET', '/v1/sso')).body.providers).toEqual(['corp', 'plain', 'google', 'facebook']);
  const wrong = await net.http('POST', '/v1/sessions', {
    login: (made.body.user as { username: string }).username,
    password: '',
  });
  expect(wrong.body.code).toBe('UNAUTHENTICATED');
});
