/** Which passwords are refused, and with what reason; that none keeps others waiting for long. */
import { afterAll, describe, expect, it } from 'vitest';
import { PasswordStrength } from './password-strength.ts';

const strength = new PasswordStrength(3, 100);
afterAll(() => strength.close());

const reasonOf = (password: string, personal: readonly (string | undefined)[] = []): Promise<string> =>
  strength.check(password, personal).then(
    () => 'none',
    ({ code, message }: { code: string; message: string }) =>
      `${code} ${/^password: it is too easy to guess \((\w+)\): \w/.exec(message)?.[1] ?? message}`,
  );

describe('the strength of passwords', () => {
  it.each([
    ['password', 'topTen'],
    ['iloveyou', 'topHundred'],
    ['Password1!', 'similarToCommon'],
    ['P@$$w0rd12', 'similarToCommon'],
    ['aaaaaaaaaaaa', 'simpleRepeat'],
    ['abcabcabcabc', 'extendedRepeat'],
    ['abcdefghijk', 'sequences'],
    ['long enough', 'short'],
    ['x'.repeat(256), 'simpleRepeat'],
  ])('refuses %j: %s', async (password, reason) => {
    expect(await reasonOf(password)).toBe(`WEAK_PASSWORD ${reason}`);
  });

  it.each(['correct horse', 'wrong horse battery', 'ünïcödé größe 7', '🦊🐘🪴🧂🫖🛶🪁🧲', 'correct horse'.repeat(18)])(
    'takes %j',
    async (password) => {
      expect(await reasonOf(password)).toBe('none');
    },
  );

  it('refuses what is made of what is known of its owner', async () => {
    const personal = ['grace.hopper', 'Grace Brewster', 'amazing.grace@navy.example', undefined];
    for (const password of ['grace.hopper', 'Gracehopper1', 'brewster1906'])
      expect(await reasonOf(password, personal)).toBe('WEAK_PASSWORD userInputs');
    expect(await reasonOf('zx9-kite-grace', personal)).toBe('none');
  });

  it('lets every password pass where the setting says so', async () => {
    const any = new PasswordStrength(0, 100);
    await any.check('password', []);
    await any.close();
  });

  it('bounds how many wait', async () => {
    const busy = new PasswordStrength(3, 3);
    const codes = await Promise.all(
      Array.from({ length: 5 }, (_, i) =>
        busy.check(`correct horse ${i}`, []).then(
          () => 'none',
          (error: { code: string }) => error.code,
        ),
      ),
    );
    expect(codes.filter((code) => code === 'none')).toHaveLength(3);
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(2);
    await busy.close();
  });

  it('judges a password that is made to take long in a moment', async () => {
    // 100 characters of such text take zxcvbn seconds where nothing bounds it.
    const slow = ['p@$$w0rd!l1k3th1s', '@4$5!1|0()3+7', '1990199119921993'].map((text) =>
      text.repeat(20).slice(0, 256),
    );
    const begun = process.cpuUsage();
    await Promise.all(slow.map((password) => reasonOf(password)));
    expect(process.cpuUsage(begun).user / 1e6).toBeLessThan(5);
  });

  it('is unavailable when it was closed, for those who wait too', async () => {
    const closed = new PasswordStrength(3, 100);
    const waiting = expect(closed.check('correct horse', [])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await closed.close();
    await waiting;
    await expect(closed.check('correct horse', [])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
