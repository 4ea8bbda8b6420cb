/** Sign-up by an address, and a forgotten password, by the SDK, with the mails that `make run` writes to files. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClatterClient } from '@clatter/client';
import { expect, it } from 'vitest';
import { PASSWORD } from './people.ts';
import { TestNet } from './testnet.ts';

const NEW_PASSWORD = 'another horse and a kite';

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error) => error.code as string,
  );

it('signs up by an address, chats once it is verified, and gets back in without the password', async () => {
  await using net = await TestNet.start({ CLATTER_AUTH_UNVERIFIED_MAY_CHAT: 'no' });
  const options = { url: net.url };
  const dir = join(net.clatter.dataDir, 'auth', 'mails');
  /** The code of the newest of so many mails. */
  const codeOfMail = async (count: number): Promise<string> => {
    const names = (): string[] => {
      try {
        return readdirSync(dir).sort();
      } catch {
        return [];
      }
    };
    await expect.poll(() => names().length, { timeout: 20_000 }).toBe(count);
    const mail = (): string => readFileSync(join(dir, names().at(-1) as string), 'utf8');
    const find = (): string => /^ {4}([0-9A-Z]{4,5}[ -][0-9A-Z]{4,5})$/m.exec(mail())?.[1] ?? '';
    await expect.poll(find, { timeout: 20_000 }).not.toBe('');
    return find();
  };

  const alice = await ClatterClient.register(options, { email: 'alice@example.org', password: PASSWORD });
  await alice.connect();
  expect(await codeOf(alice.createGroup('Kites', []))).toBe('FORBIDDEN');
  const code = await codeOfMail(1);
  expect(await codeOf(alice.credentials.verify('email', '1111 1111'))).toBe('WRONG_CODE');
  await alice.credentials.verify('email', code);
  expect(await alice.credentials.addresses()).toEqual([
    { kind: 'email', address: 'alice@example.org', verified: true },
  ]);
  expect(await codeOf(alice.createGroup('Kites', []))).toBe('none');
  await alice.credentials.changePassword(`${PASSWORD} 2`);
  await codeOf(alice.close());

  const resetId = await ClatterClient.requestPasswordReset(options, 'alice@example.org');
  // That the password was changed is told before.
  const resetCode = await codeOfMail(3);
  const reset = { resetId, code: resetCode, password: NEW_PASSWORD };
  expect(await codeOf(ClatterClient.confirmPasswordReset(options, { ...reset, code: 'AAAAA-AAAAA' }))).toBe(
    'WRONG_CODE',
  );
  await ClatterClient.confirmPasswordReset(options, reset);
  const back = await ClatterClient.login(options, { login: 'alice@example.org', password: NEW_PASSWORD });
  expect(back.userId).toBe(alice.userId);
  await back.close();
});
