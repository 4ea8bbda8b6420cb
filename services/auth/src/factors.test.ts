/** Second factors by one-time codes, and proofs of who holds a session. */
import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { factorsContract } from './factors.contract.ts';
import { AuthUnderTest, codeOf, PASSWORD, type Person } from './test/auth-under-test.ts';
import { stepOf } from './totp.ts';

factorsContract('PGlite', async (env) => {
  const own = await new AuthUnderTest().start(env);
  await own.clock.advance(600_000);
  return {
    auth: () => own.auth,
    factors: () => own.factors,
    nowMs: () => own.clock.nowMs(),
    end: () => own.end(),
  };
});

const net = new AuthUnderTest();
beforeAll(async () => {
  await net.start();
  // Codes count from 1970, where this clock begins.
  await net.clock.advance(600_000);
}, 180_000);
afterAll(() => net.end());

const codeAt = (secret: string, offsetMs = 0): string =>
  TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: net.clock.nowMs() + offsetMs });
const nextStep = () => net.clock.advance(30_000);

/** Somebody whose logins ask for a second factor. */
async function guarded(username: string) {
  const person = await net.person(username);
  const { secret = '', uri } = await net.factors.beginTotp(person);
  const { recoveryCodes = [] } = await net.factors.confirmTotp({ ...person, code: codeAt(secret) });
  await nextStep();
  await nextStep();
  return { ...person, secret, uri, recoveryCodes: recoveryCodes as string[] };
}

/** A login whose password is right, as far as its token. */
async function challenge(login: string): Promise<string> {
  const { mfa, session } = await net.auth.login({ login, password: PASSWORD, device: { name: 'phone' } });
  expect(session).toBeUndefined();
  expect(mfa?.methods).toEqual(['code', 'recoveryCode']);
  return mfa?.mfaToken ?? '';
}

const deletes = (person: Person) => codeOf(net.auth.deleteAccount(person));

describe('one-time codes', () => {
  it.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('are those of RFC 6238, appendix B, at %d s', (seconds, code) => {
    const secret = Secret.fromLatin1('12345678901234567890');
    const step = Math.floor(seconds / 30);
    expect(stepOf(secret, code, seconds * 1000, 8)).toBe(step);
    expect(stepOf(secret, code, (seconds + 30) * 1000, 8)).toBe(step);
    expect(stepOf(secret, code, (seconds - 30) * 1000, 8)).toBe(step);
    expect(stepOf(secret, code, (seconds + 60) * 1000, 8)).toBeUndefined();
    expect(stepOf(secret, `${code.slice(0, -1)}x`, seconds * 1000, 8)).toBeUndefined();
  });

  it('are asked for once they are confirmed', async () => {
    const person = await net.person('careful');
    const { secret = '', uri = '' } = await net.factors.beginTotp(person);
    expect(uri).toMatch(/^otpauth:\/\/totp\/Clatter:careful\?issuer=Clatter&secret=[A-Z2-7]{32}&/);
    expect((await net.login('careful')).accessToken).not.toBe('');
    expect(await codeOf(net.factors.confirmTotp({ ...person, code: '000000' }))).toBe('INVALID');
    const { recoveryCodes } = await net.factors.confirmTotp({ ...person, code: codeAt(secret) });
    expect(recoveryCodes).toHaveLength(10);
    expect(new Set(recoveryCodes).size).toBe(10);
    expect(await net.factors.getMfa(person)).toMatchObject({ enabled: true, recoveryCodesLeft: 10 });
    expect(await codeOf(net.factors.beginTotp(person))).toBe('CONFLICT');
    await challenge('careful');
  });

  it('finish a login once, within a step of now, and never a step twice', async () => {
    const { secret, userId } = await guarded('grace');
    const mfaToken = await challenge('grace');
    const code = codeAt(secret);
    const { user, session } = await net.factors.finishLogin({ mfaToken, proof: { code } });
    expect([user?.userId, session?.expiresIn]).toEqual([userId, 600]);
    expect((await net.auth.listSessions({ userId })).items?.[0]?.device?.name).toBe('phone');
    expect(await codeOf(net.factors.finishLogin({ mfaToken, proof: { code: codeAt(secret, 30_000) } }))).toBe(
      'UNAUTHENTICATED',
    );
    const second = await challenge('grace');
    for (const used of [code, codeAt(secret, -30_000), codeAt(secret, 60_000)])
      expect(await codeOf(net.factors.finishLogin({ mfaToken: second, proof: { code: used } }))).toBe(
        'UNAUTHENTICATED',
      );
    const early = codeAt(secret, 30_000);
    expect(await codeOf(net.factors.finishLogin({ mfaToken: second, proof: { code: early } }))).toBe('none');
  });

  it('are used once, though 20 logins show the same at once', async () => {
    const { secret } = await guarded('parallel');
    const tokens = await Promise.all(Array.from({ length: 10 }, () => challenge('parallel')));
    const code = codeAt(secret);
    const codes = await Promise.all(
      tokens.flatMap((mfaToken) => [0, 1].map(() => codeOf(net.factors.finishLogin({ mfaToken, proof: { code } })))),
    );
    expect(codes.filter((one) => one === 'none')).toHaveLength(1);
  });

  it('are guessed at five times a login, and ten times a person, however often they log in', async () => {
    const { secret, recoveryCodes } = await guarded('attacked');
    const mfaToken = await challenge('attacked');
    const wrong = codeAt(secret, 3_600_000);
    for (let i = 0; i < 5; i++)
      expect(await codeOf(net.factors.finishLogin({ mfaToken, proof: { code: wrong } }))).toBe('UNAUTHENTICATED');
    // The right one comes too late for this login.
    expect(await codeOf(net.factors.finishLogin({ mfaToken, proof: { code: codeAt(secret) } }))).toBe(
      'UNAUTHENTICATED',
    );
    const results: string[] = [];
    for (let round = 0; round < 2; round++) {
      const other = await challenge('attacked');
      for (let i = 0; i < 4; i++)
        results.push(await codeOf(net.factors.finishLogin({ mfaToken: other, proof: { code: wrong } })));
    }
    expect(results).toEqual([...Array(5).fill('UNAUTHENTICATED'), ...Array(3).fill('RATE_LIMITED')]);
    const [recoveryCode = ''] = recoveryCodes;
    const last = await challenge('attacked');
    expect(await codeOf(net.factors.finishLogin({ mfaToken: last, proof: { recoveryCode } }))).toBe('RATE_LIMITED');
  });

  it('end with the minutes of a login', async () => {
    const { secret } = await guarded('slow');
    const mfaToken = await challenge('slow');
    await net.clock.advance(300_001);
    expect(await codeOf(net.factors.finishLogin({ mfaToken, proof: { code: codeAt(secret) } }))).toBe(
      'UNAUTHENTICATED',
    );
    expect(await codeOf(net.factors.finishLogin({ mfaToken: 'x', proof: { code: '1' } }))).toBe('UNAUTHENTICATED');
    expect(await codeOf(net.factors.finishLogin({ mfaToken: await challenge('slow'), proof: {} }))).toBe('INVALID');
  });
});

describe('recovery codes', () => {
  it('stand in for the authenticator, each once, however they are typed', async () => {
    const { recoveryCodes, userId } = await guarded('lost.phone');
    const [first = '', second = ''] = recoveryCodes;
    const tokens = await Promise.all(Array.from({ length: 5 }, () => challenge('lost.phone')));
    const codes = await Promise.all(
      tokens.map((mfaToken) => codeOf(net.factors.finishLogin({ mfaToken, proof: { recoveryCode: first } }))),
    );
    expect(codes.filter((code) => code === 'none')).toHaveLength(1);
    const typed = ` ${second.replaceAll('-', ' ').toUpperCase().replaceAll('0', 'O').replaceAll('1', 'I')}`;
    const mfaToken = await challenge('lost.phone');
    expect(await codeOf(net.factors.finishLogin({ mfaToken, proof: { recoveryCode: typed } }))).toBe('none');
    expect((await net.factors.getMfa({ userId })).recoveryCodesLeft).toBe(8);
  });

  it('are replaced all together, and are of one person', async () => {
    const person = await guarded('renewer');
    const other = await guarded('other.renewer');
    await net.factors.reauthenticate({ ...person, proof: { code: codeAt(person.secret) } });
    const { recoveryCodes = [] } = await net.factors.renewRecoveryCodes(person);
    const tries = [person.recoveryCodes[0], other.recoveryCodes[0]];
    for (const recoveryCode of tries)
      expect(
        await codeOf(net.factors.finishLogin({ mfaToken: await challenge('renewer'), proof: { recoveryCode } })),
      ).toBe('UNAUTHENTICATED');
    const proof = { recoveryCode: recoveryCodes[0] };
    expect(await codeOf(net.factors.finishLogin({ mfaToken: await challenge('renewer'), proof }))).toBe('none');
  });
});

describe('what is dangerous', () => {
  it('wants a proof of the last minutes: a login, or the password again', async () => {
    const person = await net.person('sitting');
    await net.clock.advance(300_001);
    expect(await deletes(person)).toBe('REAUTHENTICATION_REQUIRED');
    expect(await codeOf(net.factors.beginTotp(person))).toBe('REAUTHENTICATION_REQUIRED');
    expect(await codeOf(net.factors.reauthenticate({ ...person, proof: { password: 'wrong horse' } }))).toBe(
      'UNAUTHENTICATED',
    );
    expect(await deletes(person)).toBe('REAUTHENTICATION_REQUIRED');
    // A refresh proves nothing.
    await net.refresh(person.refreshToken);
    expect(await deletes(person)).toBe('REAUTHENTICATION_REQUIRED');
    const { provedUntilMs } = await net.factors.reauthenticate({ ...person, proof: { password: PASSWORD } });
    expect(provedUntilMs).toBe(net.clock.nowMs() + 300_000);
    expect(await codeOf(net.factors.beginTotp(person))).toBe('none');
    expect(await deletes(person)).toBe('none');
  });

  it('goes by the session that asks, and is of one person', async () => {
    const person = await net.person('two.devices');
    await net.clock.advance(300_001);
    const other = await net.login('two.devices');
    expect(await deletes(person)).toBe('REAUTHENTICATION_REQUIRED');
    const stranger = await net.person('stranger');
    expect(await deletes({ ...person, sessionId: stranger.sessionId })).toBe('REAUTHENTICATION_REQUIRED');
    expect(await deletes({ ...person, sessionId: '' })).toBe('REAUTHENTICATION_REQUIRED');
    expect(
      await codeOf(net.factors.reauthenticate({ ...stranger, userId: person.userId, proof: { password: PASSWORD } })),
    ).toBe('UNAUTHENTICATED');
    await net.auth.revokeSessions({ userId: other.userId, sessionId: other.sessionId });
    expect(await deletes(other)).toBe('REAUTHENTICATION_REQUIRED');
  });

  it('wants the second factor where logins do, and ends with it', async () => {
    const person = await guarded('proving');
    await net.clock.advance(300_001);
    expect(await codeOf(net.factors.disableTotp(person))).toBe('REAUTHENTICATION_REQUIRED');
    expect(await codeOf(net.factors.reauthenticate({ ...person, proof: { password: PASSWORD } }))).toBe('INVALID');
    await net.factors.reauthenticate({ ...person, proof: { code: codeAt(person.secret) } });
    await net.factors.disableTotp(person);
    expect(await net.factors.getMfa(person)).toMatchObject({ enabled: false, recoveryCodesLeft: 0 });
    expect((await net.login('proving')).accessToken).not.toBe('');
  });

  it('cannot be guessed at without end', async () => {
    const person = await net.person('left.open');
    const codes: string[] = [];
    for (let i = 0; i < 12; i++)
      codes.push(await codeOf(net.factors.reauthenticate({ ...person, proof: { password: `wrong horse ${i}` } })));
    expect(codes).toEqual([...Array(10).fill('UNAUTHENTICATED'), 'RATE_LIMITED', 'RATE_LIMITED']);
  });
});
