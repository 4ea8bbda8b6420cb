import type { AuthService } from '@clatter/contracts/auth';
import { ManualClock } from '@clatter/runtime/testing';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { idOf } from './test/test-gateway.ts';
import { TokenVerifier } from './tokens.ts';

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let first: Pair;
let second: Pair;

beforeAll(async () => {
  [first, second] = await Promise.all([generateKeyPair('EdDSA'), generateKeyPair('EdDSA')]);
});

const jwk = async (kid: string, { publicKey }: Pair) => ({ ...(await exportJWK(publicKey)), kid, alg: 'EdDSA' });

function setUp() {
  const clock = new ManualClock();
  const state = { keys: [] as object[], fetches: 0, away: false };
  const auth = {
    getKeys: async () => {
      state.fetches++;
      if (state.away) throw new Error('auth is away');
      return { jwks: JSON.stringify({ keys: state.keys }) };
    },
  } as unknown as AuthService;
  const verifier = new TokenVerifier(() => auth, { issuer: 'clatter', audience: 'clatter' }, clock);
  const sign = (pair: Pair, kid: string, change: Record<string, unknown> = {}): Promise<string> => {
    const now = Math.floor(clock.nowMs() / 1000);
    const claims = { sub: idOf(1), sid: idOf(2), iss: 'clatter', aud: 'clatter', iat: now, exp: now + 600, ...change };
    return new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid }).sign(pair.privateKey);
  };
  return { clock, state, verifier, sign };
}

test('a good token says who is there, and until when', async () => {
  const { clock, state, verifier, sign } = setUp();
  state.keys = [await jwk('a', first)];
  const now = Math.floor(clock.nowMs() / 1000) * 1000;
  expect(await verifier.verify(await sign(first, 'a'))).toEqual({
    userId: idOf(1),
    sessionId: idOf(2),
    issuedAtMs: now,
    expiresAtMs: now + 600_000,
    mayChat: true,
  });
});

test('the keys are fetched once, whoever waits for them', async () => {
  const { state, verifier, sign } = setUp();
  state.keys = [await jwk('a', first)];
  const tokens = await Promise.all(Array.from({ length: 20 }, () => sign(first, 'a')));
  await Promise.all(tokens.map((token) => verifier.verify(token)));
  await verifier.verify(tokens[0] as string);
  expect(state.fetches).toBe(1);
});

test('an unknown key has them fetched again, but not all the time', async () => {
  const { clock, state, verifier, sign } = setUp();
  state.keys = [await jwk('a', first)];
  await verifier.verify(await sign(first, 'a'));
  state.keys.push(await jwk('b', second));
  const token = await sign(second, 'b');
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await clock.advance(5000);
  expect(await verifier.verify(token)).toMatchObject({ userId: idOf(1) });
  for (let i = 0; i < 10; i++)
    await expect(verifier.verify(await sign(second, 'c'))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(state.fetches).toBe(2);
});

test('an expired token is told from a bad one', async () => {
  const { clock, state, verifier, sign } = setUp();
  state.keys = [await jwk('a', first)];
  const token = await sign(first, 'a');
  await clock.advance(599_000);
  await verifier.verify(token);
  await clock.advance(1000);
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
});

test.each<[string, Record<string, unknown>]>([
  ['of another issuer', { iss: 'somebody' }],
  ['for another audience', { aud: 'something' }],
  ['without a person', { sub: undefined }],
  ['of a person that is none', { sub: 'alice' }],
  ['without a session', { sid: undefined }],
  ['of a session that is none', { sid: 5 }],
  ['without an end', { exp: undefined }],
])('a token %s is not valid', async (_, change) => {
  const { state, verifier, sign } = setUp();
  state.keys = [await jwk('a', first)];
  await expect(verifier.verify(await sign(first, 'a', change))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test.each(['', 'x', 'a.b.c', `${'x'.repeat(5000)}.y.z`])('what is no token is not valid: %#', async (token) => {
  const { state, verifier } = setUp();
  state.keys = [await jwk('a', first)];
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('a token must be signed, with the key that it names, by EdDSA', async () => {
  const { state, verifier, sign } = setUp();
  state.keys = [await jwk('a', first)];
  const claims = { sub: idOf(1), sid: idOf(2), iss: 'clatter', aud: 'clatter', iat: 0, exp: 9_999_999_999 };
  const secret = new TextEncoder().encode(JSON.stringify(state.keys[0]));
  const hmac = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'a' }).sign(secret);
  for (const token of [await sign(second, 'a'), new UnsecuredJWT(claims).encode(), hmac])
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('without keys nobody is let in, and nobody is turned away for good', async () => {
  const { state, verifier, sign } = setUp();
  state.away = true;
  const token = await sign(first, 'a');
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  state.away = false;
  state.keys = [await jwk('a', first)];
  expect(await verifier.verify(token)).toMatchObject({ userId: idOf(1) });
});
