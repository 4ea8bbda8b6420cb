/** How people sign in and prove who they are, by the SDK, and how fast a session that was ended is gone. */
import { ClatterClient } from '@clatter/client';
import { Secret, TOTP } from 'otpauth';
import { expect, it } from 'vitest';
import { PASSWORD } from './people.ts';
import { TestNet } from './testnet.ts';

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error) => error.code as string,
  );

it('asks for a second factor where there is one, and for a proof before what is dangerous', async () => {
  await using net = await TestNet.start({ CLATTER_AUTH_PROOF_SECONDS: '2' });
  const options = { url: net.url };
  const alice = await net.person('alice');
  const { secret } = await alice.factors.beginTotp();
  const codeAt = (ms: number) => TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: Date.now() + ms });
  // Of this step and of the next one, for each is good once.
  const recoveryCodes = await alice.factors.confirmTotp(codeAt(0));
  expect(await alice.factors.mfa()).toMatchObject({ enabled: true, recoveryCodesLeft: 10 });

  const refused = await ClatterClient.login(options, { login: 'alice', password: PASSWORD }).catch((error) => error);
  expect(refused).toMatchObject({
    code: 'MFA_REQUIRED',
    details: { methods: ['code', 'recoveryCode'], expiresIn: 300 },
  });
  const { mfaToken } = refused.details as { mfaToken: string };
  expect(await codeOf(ClatterClient.finishLogin(options, { mfaToken, recoveryCode: 'wrong' }))).toBe('UNAUTHENTICATED');
  const second = await ClatterClient.finishLogin(options, { mfaToken, code: codeAt(30_000) });
  expect(second.userId).toBe(alice.userId);

  await expect.poll(() => codeOf(alice.factors.beginTotp()), { timeout: 20_000 }).toBe('REAUTHENTICATION_REQUIRED');
  expect(await codeOf(alice.factors.reauthenticate({ password: PASSWORD }))).toBe('INVALID');
  const untilMs = await alice.factors.reauthenticate({ recoveryCode: recoveryCodes[0] as string });
  expect(untilMs).toBeGreaterThan(Date.now() - 60_000);
  await second.renameSession('current', 'Kitchen');
  expect((await alice.sessions()).map(({ device }) => device?.name)).toContain('Kitchen');
  expect(await codeOf(second.renameSession(crypto.randomUUID(), 'Nobody'))).toBe('NOT_FOUND');
  expect(await codeOf(second.renameSession('current', ' '))).toBe('INVALID');
});

it('closes the sockets of sessions that were ended', async () => {
  await using net = await TestNet.start();
  const alice = await net.person('alice');
  const times: number[] = [];
  for (let round = 0; round < 10; round++) {
    const device = await net.device('alice');
    const gone = new Promise((resolve) => device.on('loggedOut', resolve));
    const beganMs = performance.now();
    await net.http('DELETE', `/v1/sessions/${device.sessionId}`, undefined, alice.accessToken);
    await gone;
    times.push(performance.now() - beganMs);
  }
  // A second is promised; a busy machine has more time.
  expect(Math.max(...times)).toBeLessThan(5000);
  expect(alice.state).toBe('live');
});
