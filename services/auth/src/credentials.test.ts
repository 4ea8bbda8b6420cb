/** Addresses and passwords on the embedded database; and what is about time, files and text messages. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentialsContract } from './credentials.contract.ts';
import { AuthUnderTest, codeOf, PASSWORD } from './test/auth-under-test.ts';
import { smsServer } from './test/smtp-sink.ts';

credentialsContract('PGlite', async (env) => {
  const net = await new AuthUnderTest().start(env);
  // What failed is tried again as time passes.
  const ticking = setInterval(() => void net.clock.advance(500), 50);
  return {
    auth: () => net.auth,
    async end() {
      clearInterval(ticking);
      await net.end();
    },
  };
});

describe('without a mail server', () => {
  const net = new AuthUnderTest();
  const files = (): string[] => {
    const dir = join(net.dataDir, 'auth', 'mails');
    try {
      return readdirSync(dir)
        .sort()
        .map((name) => `${name}\n${readFileSync(join(dir, name), 'utf8')}`);
    } catch {
      return [];
    }
  };
  const codeIn = (file: string | undefined): string => /^ {4}(\d{4} \d{4})$/m.exec(file ?? '')?.[1] ?? '';
  beforeAll(() => net.start({ CLATTER_AUTH_UNVERIFIED_MAY_CHAT: 'no' }), 180_000);
  afterAll(() => net.end());

  it('mails and text messages are files, and codes last ten minutes', async () => {
    const { userId } = await net.person('ada', { email: 'ada@example.org' });
    await expect.poll(() => files().length).toBe(1);
    const late = codeIn(files()[0]);
    expect(late).not.toBe('');
    await net.clock.advance(10 * 60_000);
    expect(await codeOf(net.auth.verifyAddress({ userId, kind: 'email', code: late }))).toBe('WRONG_CODE');
    await net.auth.sendAddressCode({ userId, kind: 'email' });
    await expect.poll(() => files().length).toBe(2);
    await net.auth.verifyAddress({ userId, kind: 'email', code: codeIn(files()[1]) });
    const phone = await net.auth.register({ username: 'bell', password: PASSWORD, phone: '+49 (30) 123-4567' });
    await expect.poll(() => files().length).toBe(3);
    expect(files()[2]).toMatch(/\.txt\nTo: \+49301234567\n/);
    const code = /\d{4} \d{4}/.exec(files()[2] ?? '')?.[0] ?? '';
    await net.auth.verifyAddress({ userId: phone.user?.userId ?? '', kind: 'phone', code });
    for (const wrong of ['12345', '+0123456789', 'call me'])
      expect(await codeOf(net.auth.register({ username: 'x.y', password: PASSWORD, phone: wrong }))).toBe('INVALID');
  }, 60_000);

  it('a refresh token that is in two hands is told of to the verified address, once', async () => {
    const { refreshToken } = await net.login('ada');
    await net.refresh(await net.refresh(refreshToken));
    await net.clock.advance(60_000);
    const before = files().length;
    for (let i = 0; i < 2; i++) expect(await codeOf(net.refresh(refreshToken))).toBe('UNAUTHENTICATED');
    // A mail that comes later shows that there is no other before it.
    await net.person('eve', { email: 'eve@example.org' });
    await expect.poll(() => files().filter((file) => file.includes('To: eve@')).length, { timeout: 20_000 }).toBe(1);
    const told = files().filter((file) => file.includes('Subject: A device was logged out of your Clatter account'));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('To: ada@example.org');
    expect(files()).toHaveLength(before + 2);
  });

  it('the token of who has no verified address says that they may not chat, where the setting is no', async () => {
    const claims = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims((await net.login('ada')).accessToken)).not.toHaveProperty('chat');
    expect(claims((await net.person('nobody')).accessToken)).toMatchObject({ chat: false });
  });
});

it('sends text messages by an API like that of Twilio, again where it is the server that fails', async () => {
  const server = await smsServer();
  server.answers.push(503);
  const net = await new AuthUnderTest().start({
    CLATTER_AUTH_SMS_URL: `${server.url}/`,
    CLATTER_AUTH_SMS_ACCOUNT: 'AC1',
    CLATTER_AUTH_SMS_TOKEN: 'secret',
    CLATTER_AUTH_SMS_FROM: '+15550100',
  });
  try {
    await net.auth.register({ username: 'bell', password: PASSWORD, phone: '+4930123456' });
    await expect
      .poll(
        async () => {
          await net.clock.advance(500);
          return server.asked.length;
        },
        { timeout: 20_000 },
      )
      .toBe(2);
    const [first, second] = server.asked;
    expect(second?.path).toBe('/2010-04-01/Accounts/AC1/Messages.json');
    expect(second?.authorization).toBe(`Basic ${Buffer.from('AC1:secret').toString('base64')}`);
    expect(Object.fromEntries(second?.body ?? [])).toEqual({
      To: '+4930123456',
      From: '+15550100',
      Body: expect.stringMatching(/^\d{4} \d{4} is your Clatter code\./),
    });
    // The same code, whichever of them arrives.
    expect(second?.body.get('Body')).toBe(first?.body.get('Body'));
    server.answers.push(400);
    await net.auth.register({ username: 'wrong', password: PASSWORD, phone: '+4930999999' });
    await net.auth.register({ username: 'right', password: PASSWORD, phone: '+4930888888' });
    await expect.poll(() => server.asked.length, { timeout: 20_000 }).toBe(4);
    await net.clock.advance(5000);
    expect(server.asked).toHaveLength(4);
  } finally {
    await net.end();
    await server.close();
  }
}, 120_000);
