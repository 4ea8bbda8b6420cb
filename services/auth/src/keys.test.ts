/** The keys of access tokens: who trusts which, and for how long. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '@clatter/runtime';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AuthUnderTest } from './test/auth-under-test.ts';

const DAY_MS = 86_400_000;
const net = new AuthUnderTest();
beforeAll(() => net.start(), 180_000);
afterAll(() => net.end());

async function keys(): Promise<JSONWebKeySet> {
  return JSON.parse((await net.auth.getKeys({})).jwks ?? '') as JSONWebKeySet;
}
const keyIds = async (): Promise<string[]> => (await keys()).keys.map(({ kid }) => kid ?? '');
const signerOf = (token: string): string => decodeProtectedHeader(token).kid ?? '';

it('give the secret of an invite by its command alone', async () => {
  const [conversationId, userId, commandId] = [1, 2, 3].map((n) => `00000000-0000-7000-8000-00000000000${n}`);
  const command = {
    conversationId: conversationId as string,
    userId: userId as string,
    commandId: commandId as string,
  };
  const secretOf = async (asked: typeof command): Promise<string> =>
    Buffer.from((await net.auth.getInviteSecret(asked)).secret ?? []).toString('hex');
  const secret = await secretOf(command);
  expect(secret).toMatch(/^[0-9a-f]{40}$/);
  expect(await secretOf(command)).toBe(secret);
  const others = [
    { ...command, conversationId: command.userId },
    { ...command, userId: command.commandId },
    { ...command, commandId: command.userId },
  ];
  for (const other of others) expect(await secretOf(other)).not.toBe(secret);
  await expect(secretOf({ ...command, commandId: 'x' })).rejects.toMatchObject({ code: 'INVALID' });
});

it('sign tokens that the public keys verify, and that say who, which session, for whom, by whom and how long', async () => {
  const person = await net.person('signed');
  const { payload, protectedHeader } = await jwtVerify(person.accessToken, createLocalJWKSet(await keys()), {
    issuer: 'clatter',
    audience: 'clatter',
    currentDate: new Date(net.clock.nowMs()),
  });
  const seconds = Math.floor(net.clock.nowMs() / 1000);
  expect(payload).toEqual({
    sub: person.userId,
    sid: person.sessionId,
    iss: 'clatter',
    aud: 'clatter',
    iat: seconds,
    exp: seconds + 600,
  });
  expect(protectedHeader.alg).toBe('EdDSA');
  for (const key of (await keys()).keys) {
    expect(key).toMatchObject({ kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA' });
    expect(key).not.toHaveProperty('d');
  }
});

it('stay the same over a restart', async () => {
  const before = await keyIds();
  await net.stop();
  await net.start();
  expect(await keyIds()).toEqual(before);
}, 60_000);

it('are replaced after 90 days, in a process that runs on, and are known until their tokens have run out', async () => {
  const person = await net.person('rotated');
  const [first = ''] = await keyIds();
  await net.clock.advance(89 * DAY_MS);
  expect(await keyIds()).toEqual([first]);
  const { accessToken: last } = await net.login('rotated');
  expect(signerOf(last)).toBe(first);

  await net.clock.advance(DAY_MS + 60_000);
  await expect.poll(keyIds, { timeout: 20_000 }).toHaveLength(2);
  const [second = ''] = await keyIds();
  expect(second).not.toBe(first);
  // It is published before it signs: whoever has these keys verifies what comes after.
  const published = createLocalJWKSet(await keys());
  expect(signerOf((await net.login('rotated')).accessToken)).toBe(first);
  await net.clock.advance(2 * 3_600_000);
  await expect.poll(async () => signerOf((await net.login('rotated')).accessToken), { timeout: 20_000 }).toBe(second);
  const { accessToken: fresh } = await net.login('rotated');
  await jwtVerify(fresh, published, { currentDate: new Date(net.clock.nowMs()) });
  expect(await keyIds()).toEqual([second, first]);
  await jwtVerify(person.accessToken, createLocalJWKSet(await keys()), {
    currentDate: new Date((decodeJwt(person.accessToken).iat ?? 0) * 1000),
  });

  await net.clock.advance(2 * DAY_MS + 2 * 3_600_000);
  await expect.poll(keyIds, { timeout: 20_000 }).toEqual([second]);
}, 120_000);

it('are replaced at the start of a process that comes after 90 days, and the old one is not forgotten then', async () => {
  const [before = ''] = await keyIds();
  await net.stop();
  await net.clock.advance(200 * DAY_MS);
  await net.start();
  const now = await keyIds();
  expect(now).toHaveLength(2);
  expect(now[1]).toBe(before);
  expect(signerOf((await net.login('rotated')).accessToken)).toBe(before);
}, 60_000);

it('that were sealed with another secret, or whose secret was changed, are one clear line', async () => {
  await net.stop();
  await expect(net.start({ CLATTER_AUTH_KEY_SECRET: 'x'.repeat(32) })).rejects.toThrow(
    new StartError(
      'the signing keys were sealed with another secret: bring back CLATTER_AUTH_KEY_SECRET, or the file auth/key.secret, as it was',
    ),
  );
  const file = join(net.dataDir, 'auth', 'key.secret');
  writeFileSync(file, '');
  await expect(net.start()).rejects.toThrow(new StartError(`the secret in ${file} was changed: want 32 bytes, got 0`));
  rmSync(file);
  await expect(net.start()).rejects.toBeInstanceOf(StartError);
}, 60_000);
