/** Hashes of passwords: their form, their time, their line. */
import { loadConfig } from '@clatter/runtime';
import { expect, it } from 'vitest';
import { authConfig } from './config.ts';
import { type GuessGuard, Passwords } from './passwords.ts';
import { codeOf } from './test/auth-under-test.ts';

const create = (env: Readonly<Record<string, string>> = {}): Promise<Passwords> =>
  Passwords.create(loadConfig(authConfig, env));
const unguarded: GuessGuard = { before: async () => undefined, after: async () => undefined };

it('are argon2id with 19 MiB, two passes, one lane and a salt of their own', async () => {
  const passwords = await create();
  const [one, two] = await Promise.all([passwords.hash('correct horse'), passwords.hash('correct horse')]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(one).not.toBe(two);
  expect(await passwords.verify(one, 'correct horse', unguarded)).toBe(true);
  expect(await passwords.verify(one, 'Correct horse', unguarded)).toBe(false);
});

it('take as long for an account that is not there', async () => {
  const passwords = await create();
  const stored = await passwords.hash('correct horse');
  const took = async (against: string | undefined): Promise<number> => {
    const began = performance.now();
    expect(await passwords.verify(against, 'wrong horse', unguarded)).toBe(false);
    return performance.now() - began;
  };
  await took(undefined);
  const [known, unknown]: [number[], number[]] = [[], []];
  for (let i = 0; i < 9; i++) {
    known.push(await took(stored));
    unknown.push(await took(undefined));
  }
  // The least of nine: what other work on the machine adds is not compared.
  const ratio = Math.min(...unknown) / Math.min(...known);
  expect(ratio).toBeGreaterThan(0.5);
  expect(ratio).toBeLessThan(2);
});

it('wait in a line that has an end, and go on when it is shorter', async () => {
  const passwords = await create({ CLATTER_AUTH_HASHES_AT_ONCE: '1', CLATTER_AUTH_HASHES_WAITING_MAX: '3' });
  const codes = await Promise.all(Array.from({ length: 10 }, () => codeOf(passwords.hash('correct horse'))));
  expect(codes).toEqual([...Array(4).fill('none'), ...Array(6).fill('RATE_LIMITED')]);
  // Also those at unknown accounts, whose hash was made at the start.
  expect(await passwords.verify(undefined, 'correct horse', unguarded)).toBe(false);
});

it('run no more at once than is set, guards included', async () => {
  const passwords = await create({ CLATTER_AUTH_HASHES_AT_ONCE: '2', CLATTER_AUTH_ARGON2_MEMORY_KIB: '8' });
  let now = 0;
  let most = 0;
  const guard: GuessGuard = {
    async before() {
      most = Math.max(most, ++now);
    },
    async after() {
      now--;
    },
  };
  await Promise.all(Array.from({ length: 50 }, () => passwords.verify(undefined, 'x', guard)));
  expect(most).toBe(2);
  const refusing: GuessGuard = { ...guard, before: () => Promise.reject(new Error('refused')) };
  for (let i = 0; i < 5; i++) await expect(passwords.verify(undefined, 'x', refusing)).rejects.toThrow('refused');
  expect(await codeOf(passwords.hash('correct horse'))).toBe('none');
});
