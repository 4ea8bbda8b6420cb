/** Passkeys, in Chromium with an authenticator of its own, on the pages of a gateway. */
import { createServer } from 'node:net';
import { TestNet } from '@clatter/testnet';
import { Secret, TOTP } from 'otpauth';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launch } from './browser.ts';

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it, it says
  readonly body: any;
}

let net: TestNet;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let authenticator: { session: CDPSession; id: string };

/** Passkeys are of an origin, so the port is chosen before the platform is there. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

beforeAll(async () => {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  net = await TestNet.start({ CLATTER_HTTP_PORT: String(port), CLATTER_AUTH_PASSKEY_ORIGINS: origin });
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await net?.[Symbol.asyncDispose]();
});

beforeEach(async () => {
  context = await browser.newContext();
  page = await context.newPage();
  await page.goto(`${net.url.replace('127.0.0.1', 'localhost')}/v1/openapi.json`);
  const session = await context.newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  authenticator = { session, id: authenticatorId };
});

afterEach(() => context?.close());

/** A call by the page itself. */
const call = (method: string, path: string, body?: unknown, token?: string): Promise<Answer> =>
  page.evaluate(
    async ({ method, path, body, token }) => {
      const response = await fetch(path, {
        method,
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    },
    { method, path, body, token },
  );

/** What the authenticator makes of options, as the SDK's users would send it. */
const create = (options: unknown): Promise<object> =>
  page.evaluate(async (json) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(json as PublicKeyCredentialCreationOptionsJSON);
    const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
    return made.toJSON() as object;
  }, options);
const show = (options: unknown): Promise<object> =>
  page.evaluate(async (json) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(json as PublicKeyCredentialRequestOptionsJSON);
    const shown = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
    return shown.toJSON() as object;
  }, options);

async function somebody(username: string): Promise<{ userId: string; token: string }> {
  const { body } = await call('POST', '/v1/accounts', { username, password: 'correct horse battery' });
  return { userId: body.user.userId, token: body.session.accessToken };
}

async function addPasskey(token: string, name: string): Promise<Answer> {
  const { body } = await call('POST', '/v1/me/passkeys/options', undefined, token);
  return call('POST', '/v1/me/passkeys', { name, attestation: await create(body.options) }, token);
}

async function showFor(path: string, body?: unknown, token?: string): Promise<object> {
  const asked = await call('POST', path, body, token);
  expect(asked.status).toBe(200);
  return show(asked.body.options);
}

test('a passkey is made, logs in without a name, and proves who one is; each answer is good once, for its purpose', async () => {
  const { userId, token } = await somebody('pat');
  const made = await addPasskey(token, 'Laptop');
  expect(made.status).toBe(201);
  expect(made.body.passkey).toMatchObject({ name: 'Laptop', lastUsedAtMs: '0' });

  const assertion = await showFor('/v1/sessions/passkey/options');
  const login = await call('POST', '/v1/sessions/passkey', { assertion, device: { name: 'web' } });
  expect([login.status, login.body.user.userId]).toEqual([201, userId]);
  const again = await call('POST', '/v1/sessions/passkey', { assertion });
  expect([again.status, again.body.code]).toEqual([401, 'UNAUTHENTICATED']);

  const own = login.body.session.accessToken;
  const forLogin = await showFor('/v1/sessions/passkey/options');
  const wrong = await call('POST', '/v1/me/reauthenticate', { assertion: forLogin }, own);
  expect(wrong.body.code).toBe('UNAUTHENTICATED');
  const proof = await showFor('/v1/me/reauthenticate/options', undefined, own);
  expect((await call('POST', '/v1/me/reauthenticate', { assertion: proof }, own)).status).toBe(200);
});

test('a passkey is the second factor of a login by password', async () => {
  const { userId, token } = await somebody('sam');
  await addPasskey(token, 'Phone');
  const { body: totp } = await call('POST', '/v1/me/mfa/totp', undefined, token);
  await call(
    'POST',
    '/v1/me/mfa/totp/confirm',
    { code: TOTP.generate({ secret: Secret.fromBase32(totp.secret) }) },
    token,
  );
  const password = await call('POST', '/v1/sessions', { login: 'sam', password: 'correct horse battery' });
  expect(password.body).toMatchObject({ code: 'MFA_REQUIRED', methods: ['code', 'recoveryCode', 'assertion'] });
  const { mfaToken } = password.body;
  const assertion = await showFor('/v1/sessions/passkey/options', { mfaToken });
  const login = await call('POST', '/v1/sessions/mfa', { mfaToken, assertion });
  expect([login.status, login.body.user.userId]).toEqual([201, userId]);
});

test('passkeys are listed, named and forgotten, and are of their person', async () => {
  const { token } = await somebody('lee');
  const { body } = await addPasskey(token, '');
  const { passkeyId } = body.passkey;
  const stranger = await somebody('kim');
  for (const [method, value] of [
    ['PATCH', { name: 'Mine' }],
    ['DELETE', undefined],
  ] as const)
    expect((await call(method, `/v1/me/passkeys/${passkeyId}`, value, stranger.token)).status).toBe(404);
  await call('PATCH', `/v1/me/passkeys/${passkeyId}`, { name: 'Old phone' }, token);
  const list = await call('GET', '/v1/me/passkeys', undefined, token);
  expect(list.body.items).toMatchObject([{ passkeyId, name: 'Old phone' }]);
  expect((await call('DELETE', `/v1/me/passkeys/${passkeyId}`, undefined, token)).status).toBe(204);
  const assertion = await showFor('/v1/sessions/passkey/options');
  expect((await call('POST', '/v1/sessions/passkey', { assertion })).body.code).toBe('UNAUTHENTICATED');
});

test('an answer of a finger that was not recognized, of a copied key, or of nonsense logs in nobody', async () => {
  const { token } = await somebody('max');
  await addPasskey(token, 'Key');
  const { session, id } = authenticator;
  const { credentials } = await session.send('WebAuthn.getCredentials', { authenticatorId: id });
  const [key] = credentials;
  if (!key) throw new Error('the authenticator has no passkey');
  const first = await showFor('/v1/sessions/passkey/options');
  expect((await call('POST', '/v1/sessions/passkey', { assertion: first })).status).toBe(201);
  // A copy that was made before counts from where it was.
  await session.send('WebAuthn.removeCredential', { authenticatorId: id, credentialId: key.credentialId });
  await session.send('WebAuthn.addCredential', { authenticatorId: id, credential: { ...key, signCount: 0 } });
  const copied = await showFor('/v1/sessions/passkey/options');
  expect((await call('POST', '/v1/sessions/passkey', { assertion: copied })).body.code).toBe('UNAUTHENTICATED');
  for (const assertion of [
    { id: 'x', response: {} },
    { ...first, response: {} },
    { ...first, id: '\0' },
  ])
    expect((await call('POST', '/v1/sessions/passkey', { assertion })).body.code).toBe('UNAUTHENTICATED');
});
