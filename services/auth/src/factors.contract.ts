/** Second factors and passkeys on each database: what changes, and that their owner is told of it by mail. */
import type { AuthService, FactorsService } from '@clatter/contracts/auth';
import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, PASSWORD } from './test/auth-under-test.ts';
import { codeIn, SmtpSink, subjects } from './test/smtp-sink.ts';
import { SoftAuthenticator } from './test/soft-authenticator.ts';

const ORIGIN = 'https://chat.example';

export interface FactorsUnderTest {
  auth(): AuthService;
  factors(): FactorsService;
  nowMs(): number;
  end(): Promise<void>;
}

export function factorsContract(
  name: string,
  start: (env: Readonly<Record<string, string>>) => Promise<FactorsUnderTest>,
): void {
  describe(`factors: ${name}`, () => {
    const sink = new SmtpSink();
    let subject: FactorsUnderTest;
    beforeAll(async () => {
      await sink.start();
      subject = await start({
        CLATTER_AUTH_SMTP_URL: `smtp://127.0.0.1:${sink.port}`,
        CLATTER_AUTH_SMTP_TLS: 'off',
        CLATTER_AUTH_PASSKEY_ORIGINS: ORIGIN,
      });
    }, 180_000);
    afterAll(async () => {
      await subject?.end();
      await sink.close();
    });

    const factors = () => subject.factors();
    /** Somebody with a verified address, whose first mail was the code. */
    const person = async (username: string) => {
      const email = `${username}@example.org`;
      const { user, session } = await subject.auth().register({ username, password: PASSWORD, email });
      const userId = user?.userId ?? '';
      await expect.poll(() => sink.to(email).length, { timeout: 20_000 }).toBe(1);
      await subject.auth().verifyAddress({ userId, kind: 'email', code: codeIn(sink.to(email)[0]) });
      return { userId, sessionId: session?.sessionId ?? '', email };
    };
    const toldOf = (email: string) => expect.poll(() => subjects(sink.to(email)).slice(1), { timeout: 20_000 });
    /** What the audit log has of factors, oldest first. */
    const audited = async (userId: string) => {
      const { items = [] } = await subject.auth().listAudit({ userId, limit: 50 });
      return items
        .map((item) => `${item?.action} ${item?.target}`.trim())
        .filter((line) => /^(mfa|passkey)/.test(line))
        .reverse();
    };
    const codeAt = (secret: string) => TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: subject.nowMs() });

    it('tells of codes that were switched on and off, and of nothing that was not', async () => {
      const who = await person('careful');
      await factors().disableTotp(who);
      const { secret = '' } = await factors().beginTotp(who);
      await factors().disableTotp(who);
      const again = await factors().beginTotp(who);
      expect(again.secret).not.toBe(secret);
      expect(await codeOf(factors().confirmTotp({ ...who, code: 'wrong' }))).toBe('INVALID');
      const { recoveryCodes = [] } = await factors().confirmTotp({ ...who, code: codeAt(again.secret ?? '') });
      await toldOf(who.email).toEqual(['Logins to your Clatter account ask for a code now']);
      const { mfa } = await subject.auth().login({ login: 'careful', password: PASSWORD });
      const proof = { recoveryCode: recoveryCodes[0] as string };
      const finish = () => codeOf(factors().finishLogin({ mfaToken: mfa?.mfaToken ?? '', proof }));
      expect((await Promise.all([finish(), finish(), finish()])).sort()).toEqual([
        'UNAUTHENTICATED',
        'UNAUTHENTICATED',
        'none',
      ]);
      await factors().disableTotp(who);
      await toldOf(who.email).toEqual([
        'Logins to your Clatter account ask for a code now',
        'Logins to your Clatter account no longer ask for a code',
      ]);
      expect(await audited(who.userId)).toEqual(['mfa.enabled', 'mfa.disabled']);
    });

    it('tells of a passkey that was added, which logs in until it is removed, and of that too', async () => {
      const who = await person('keyed');
      const authenticator = new SoftAuthenticator(ORIGIN);
      const attestation = authenticator.create((await factors().beginPasskey(who)).options ?? '');
      const { passkey } = await factors().addPasskey({ ...who, name: 'laptop', attestation });
      expect(passkey).toMatchObject({ name: 'laptop', lastUsedAtMs: 0 });
      expect(await codeOf(factors().addPasskey({ ...who, name: 'laptop', attestation }))).toBe('INVALID');
      await toldOf(who.email).toEqual(['A passkey was added to your Clatter account']);

      const assertion = authenticator.get((await factors().askPasskey({})).options ?? '');
      expect((await factors().loginWithPasskey({ assertion })).user?.userId).toBe(who.userId);
      expect(await codeOf(factors().loginWithPasskey({ assertion }))).toBe('UNAUTHENTICATED');
      const passkeyId = passkey?.passkeyId ?? '';
      const stranger = await person('stranger');
      expect(await codeOf(factors().deletePasskey({ ...stranger, passkeyId }))).toBe('NOT_FOUND');
      await factors().deletePasskey({ ...who, passkeyId });
      await toldOf(who.email).toEqual([
        'A passkey was added to your Clatter account',
        'A passkey was removed from your Clatter account',
      ]);
      expect(await audited(who.userId)).toEqual([`passkey.added ${passkeyId}`, `passkey.removed ${passkeyId}`]);
      const late = authenticator.get((await factors().askPasskey({})).options ?? '');
      expect(await codeOf(factors().loginWithPasskey({ assertion: late }))).toBe('UNAUTHENTICATED');
      expect(subjects(sink.to(stranger.email))).toHaveLength(1);
    });
  });
}
