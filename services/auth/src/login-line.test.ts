/** Hashes cost: whoever guesses too often must not take a turn from those who log in, nor wait for one. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AuthUnderTest, codeOf, PASSWORD } from './test/auth-under-test.ts';

const net = new AuthUnderTest();
beforeAll(
  () =>
    net.start({
      // A hash that takes longer than the questions to the database before it.
      CLATTER_AUTH_ARGON2_MEMORY_KIB: '131072',
      CLATTER_AUTH_ARGON2_PASSES: '3',
      CLATTER_AUTH_HASHES_AT_ONCE: '1',
      CLATTER_AUTH_HASHES_WAITING_MAX: '1',
      CLATTER_AUTH_FAILED_LOGINS_PER_ACCOUNT: '2',
    }),
  180_000,
);
afterAll(() => net.end());

it('refuses an account past its limit at once, whoever waits for a hash', async () => {
  await net.person('victim');
  await net.person('other');
  for (let i = 0; i < 2; i++) expect(await codeOf(net.login('victim', 'wrong horse'))).toBe('UNAUTHENTICATED');
  let busy = true;
  const turns = Promise.all(['one', 'two'].map((name) => codeOf(net.person(`newcomer-${name}`)))).finally(() => {
    busy = false;
  });
  const refusal = (login: string): Promise<string> =>
    net.login(login).then(
      () => 'none',
      (error: Error) => error.message,
    );
  expect(await Promise.all([refusal('victim'), refusal('other')])).toEqual([
    'too many failed logins of this account',
    'too many people log in at this moment',
  ]);
  expect(busy).toBe(true);
  expect(await turns).toEqual(['none', 'none']);
});

it('counts guesses before they are looked at: no more of them at once than the limit get a hash', async () => {
  await net.auth.register({ username: 'guessed', password: PASSWORD });
  const codes: string[] = [];
  // One after the other into the line, which holds one.
  for (let i = 0; i < 6; i++) codes.push(await codeOf(net.login('guessed', `wrong ${i}`)));
  expect(codes).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED', ...Array(4).fill('RATE_LIMITED')]);
  // Not even the right one is looked at then.
  expect(await codeOf(net.login('guessed'))).toBe('RATE_LIMITED');
});
