/** Addresses and passwords, over SMTP, on each database: what people get, and what nobody learns. */
import type { AuthService } from '@clatter/contracts/auth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, PASSWORD } from './test/auth-under-test.ts';
import { codeIn, SmtpSink, subjects } from './test/smtp-sink.ts';

const NEW_PASSWORD = 'another horse and a kite';

export interface CredentialsUnderTest {
  auth(): AuthService;
  end(): Promise<void>;
}

export function credentialsContract(
  name: string,
  start: (env: Readonly<Record<string, string>>) => Promise<CredentialsUnderTest>,
): void {
  describe(`credentials: ${name}`, () => {
    const sink = new SmtpSink();
    let subject: CredentialsUnderTest;
    beforeAll(async () => {
      await sink.start();
      subject = await start({
        CLATTER_AUTH_SMTP_URL: `smtp://127.0.0.1:${sink.port}`,
        CLATTER_AUTH_SMTP_TLS: 'off',
        CLATTER_AUTH_LINK_URL: 'https://chat.example/app/',
        CLATTER_AUTH_MAIL_FROM: 'Chat <chat@example.org>',
      });
    }, 180_000);
    afterAll(async () => {
      await subject?.end();
      await sink.close();
    });

    const auth = () => subject.auth();
    const sent = async (to: string, count: number) => {
      await expect.poll(() => sink.to(to).length, { timeout: 20_000 }).toBe(count);
      return sink.to(to);
    };
    const person = async (username: string, email?: string) => {
      const { user, session } = await auth().register({ username, password: PASSWORD, ...(email && { email }) });
      return { userId: user?.userId ?? '', sessionId: session?.sessionId ?? '' };
    };
    const verified = async (username: string, email: string) => {
      const who = await person(username, email);
      const code = codeIn((await sent(email, 1))[0]);
      await auth().verifyAddress({ userId: who.userId, kind: 'email', code });
      return who;
    };
    const addressesOf = async (userId: string) =>
      ((await auth().listAddresses({ userId })).items ?? []).map((item) => `${item?.address} ${item?.verified}`);
    const login = (who: string, password = PASSWORD) => codeOf(auth().login({ login: who, password }));

    it('sends a code to the address of a new account, in text and HTML, which verifies it once', async () => {
      const { userId } = await person('ada', 'Ada@example.org');
      const [mail] = await sent('Ada@example.org', 1);
      expect(mail).toMatchObject({ from: 'chat@example.org' });
      for (const part of ['text/plain', 'text/html', 'From: Chat <chat@example.org>'])
        expect(mail?.raw).toContain(part);
      const code = codeIn(mail);
      expect(await addressesOf(userId)).toEqual(['Ada@example.org false']);
      expect(await codeOf(auth().verifyAddress({ userId, kind: 'email', code: '0000 0000' }))).toBe('WRONG_CODE');
      const both = await Promise.all(
        [code, code.replace(' ', '')].map((typed) =>
          codeOf(auth().verifyAddress({ userId, kind: 'email', code: typed })),
        ),
      );
      expect(both.sort()).toEqual(['WRONG_CODE', 'none']);
      expect(await addressesOf(userId)).toEqual(['Ada@example.org true']);
      expect(await login('ada@example.ORG')).toBe('none');
    });

    it('makes up a name for who gives an address alone', async () => {
      const { user } = await auth().register({ password: PASSWORD, email: 'nameless@example.org' });
      expect(user?.username).toMatch(/^user-[0-9a-z]{10}$/);
      expect(await login('nameless@example.org')).toBe('none');
      expect(await codeOf(auth().register({ password: PASSWORD }))).toBe('INVALID');
    });

    it('takes five wrong codes, then none', async () => {
      const { userId } = await person('guess', 'guess@example.org');
      const code = codeIn((await sent('guess@example.org', 1))[0]);
      for (let i = 0; i < 5; i++)
        expect(await codeOf(auth().verifyAddress({ userId, kind: 'email', code: `1111 000${i}` }))).toBe('WRONG_CODE');
      expect(await codeOf(auth().verifyAddress({ userId, kind: 'email', code }))).toBe('WRONG_CODE');
      await auth().sendAddressCode({ userId, kind: 'email' });
      const again = codeIn((await sent('guess@example.org', 2))[1]);
      expect(await codeOf(auth().verifyAddress({ userId, kind: 'email', code: again }))).toBe('none');
      expect(await codeOf(auth().sendAddressCode({ userId, kind: 'email' }))).toBe('NOT_FOUND');
    });

    it('tells the owner of a taken address, and whoever named it nothing', async () => {
      await verified('owner', 'taken@example.org');
      const { userId } = await person('claimer', 'TAKEN@example.org');
      expect(subjects(await sent('TAKEN@example.org', 1))).toEqual(['You have a Clatter account already']);
      expect(await addressesOf(userId)).toEqual(['TAKEN@example.org false']);
      await auth().sendAddressCode({ userId, kind: 'email' });
      expect(codeIn((await sent('TAKEN@example.org', 2))[1])).toBe('there is no code');
      expect((await auth().login({ login: 'taken@example.org', password: PASSWORD })).user?.username).toBe('owner');
    });

    it('changes an address when its code was entered, and tells both', async () => {
      const who = await verified('mover', 'old@example.org');
      await auth().setAddress({ ...who, kind: 'email', value: 'new@example.org' });
      expect(subjects(await sent('old@example.org', 2))[1]).toBe('A new address for your Clatter account');
      expect(await addressesOf(who.userId)).toEqual(['old@example.org true', 'new@example.org false']);
      const code = codeIn((await sent('new@example.org', 1))[0]);
      await auth().verifyAddress({ userId: who.userId, kind: 'email', code });
      for (const to of ['old@example.org', 'new@example.org']) {
        await expect
          .poll(() => subjects(sink.to(to)), { timeout: 20_000 })
          .toContain('The address of your Clatter account was changed');
      }
      expect(await addressesOf(who.userId)).toEqual(['new@example.org true']);
      expect(await login('old@example.org')).toBe('UNAUTHENTICATED');
      expect(await codeOf(auth().setAddress({ ...who, kind: 'email', value: 'NEW@example.org' }))).toBe('CONFLICT');
      const stranger = { ...who, sessionId: '01890000-0000-7000-8000-00000000000a' };
      const refused = await codeOf(auth().setAddress({ ...stranger, kind: 'email', value: 'x@example.org' }));
      expect(refused).toBe('REAUTHENTICATION_REQUIRED');
      await auth().removeAddress({ ...who, kind: 'email' });
      await expect
        .poll(() => subjects(sink.to('new@example.org')), { timeout: 20_000 })
        .toContain('This address was removed from your Clatter account');
      expect(await addressesOf(who.userId)).toEqual([]);
    });

    it('changes a password, ends the other sessions and tells of it', async () => {
      const who = await verified('changer', 'changer@example.org');
      await auth().login({ login: 'changer', password: PASSWORD });
      await auth().changePassword({ ...who, password: NEW_PASSWORD });
      const { items = [] } = await auth().listSessions({ userId: who.userId });
      expect(items.map((item) => item?.sessionId)).toEqual([who.sessionId]);
      expect(await login('changer')).toBe('UNAUTHENTICATED');
      expect(await login('changer', NEW_PASSWORD)).toBe('none');
      expect(subjects(await sent('changer@example.org', 2))[1]).toBe('Your Clatter password was changed');
      expect(await codeOf(auth().changePassword({ ...who, password: 'short' }))).toBe('INVALID');
    });

    it('sets a forgotten password with a code, once, and ends all sessions', async () => {
      const { userId } = await verified('forgetful', 'forgetful@example.org');
      const { resetId = '' } = await auth().requestPasswordReset({ login: ' Forgetful@Example.org ' });
      const mail = (await sent('forgetful@example.org', 2))[1];
      const code = codeIn(mail);
      const link = `https://chat.example/app/reset-password#id=${resetId}&code=${code.replace('-', '')}`;
      expect(mail?.raw.replace(/=\r?\n/g, '').replaceAll('=3D', '=')).toContain(link);
      const confirm = (typed: string, password = NEW_PASSWORD) =>
        codeOf(auth().confirmPasswordReset({ resetId, code: typed, password }));
      expect(await confirm('AAAAA-AAAAA')).toBe('WRONG_CODE');
      expect(await confirm(code, 'short')).toBe('INVALID');
      const both = await Promise.all([confirm(code), confirm(code.toLowerCase())]);
      expect(both.sort()).toEqual(['WRONG_CODE', 'none']);
      expect((await auth().listSessions({ userId })).items).toEqual([]);
      expect(await login('forgetful', NEW_PASSWORD)).toBe('none');
      expect(subjects(await sent('forgetful@example.org', 3))[2]).toBe('Your Clatter password was reset');
    });

    it('answers whoever forgot a password alike, whether there is such an account, and mails verified addresses alone', async () => {
      await person('unverified', 'unverified@example.org');
      await sent('unverified@example.org', 1);
      const answers = await Promise.all(
        ['nobody.there', 'nobody@example.org', 'unverified', 'unverified@example.org', 'nul\0'].map((who) =>
          auth().requestPasswordReset({ login: who }),
        ),
      );
      for (const answer of answers) expect(answer).toEqual({ resetId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
      // A mail that comes later shows that those before it were seen to.
      await verified('later', 'later@example.org');
      await auth().requestPasswordReset({ login: 'later' });
      await sent('later@example.org', 2);
      expect(sink.to('unverified@example.org')).toHaveLength(1);
      for (const { resetId } of answers)
        expect(await codeOf(auth().confirmPasswordReset({ resetId, code: 'AAAAAAAAAA', password: NEW_PASSWORD }))).toBe(
          'WRONG_CODE',
        );
    });

    it('limits how many codes an account asks for and an address gets', async () => {
      const { userId } = await person('many', 'many@example.org');
      const codes: string[] = [];
      for (let i = 0; i < 6; i++) codes.push(await codeOf(auth().sendAddressCode({ userId, kind: 'email' })));
      expect(codes).toEqual([...Array(4).fill('none'), 'RATE_LIMITED', 'RATE_LIMITED']);
      expect(await codeOf(auth().register({ username: 'many2', password: PASSWORD, email: 'Many@example.org' }))).toBe(
        'none',
      );
      const resets: string[] = [];
      for (let i = 0; i < 6; i++) resets.push(await codeOf(auth().requestPasswordReset({ login: 'no.such.person' })));
      expect(resets).toEqual([...Array(5).fill('none'), 'RATE_LIMITED']);
      await sent('many@example.org', 5);
    });

    it('goes on trying where the mail server refuses for now, and gives up where it refuses for good', async () => {
      sink.refusals.push(451);
      await person('busy', 'busy@example.org');
      await sent('busy@example.org', 1);
      sink.refusals.push(550);
      await person('gone', 'gone@example.org');
      await person('next', 'next@example.org');
      await expect
        .poll(() => sink.to('gone@example.org').length + sink.to('next@example.org').length, { timeout: 20_000 })
        .toBe(1);
    });
  });
}
