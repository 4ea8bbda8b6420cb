/** What holds for limits, wherever they are counted. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Guess, LoginLimits } from './limits.ts';
import { codeOf } from './test/auth-under-test.ts';

/** Failures that an account, and an address, may have. */
const PER_ACCOUNT = 4;
const PER_ADDRESS = 12;
const REGISTRATIONS = 3;
/** Longer than a busy machine takes from one line of a test to the next. */
const LOCKOUT_SECONDS = 3;

const env = {
  CLATTER_AUTH_FAILED_LOGINS_PER_ACCOUNT: `${PER_ACCOUNT}`,
  CLATTER_AUTH_FAILED_LOGINS_PER_ADDRESS: `${PER_ADDRESS}`,
  CLATTER_AUTH_REGISTRATIONS_PER_ADDRESS: `${REGISTRATIONS}`,
  CLATTER_AUTH_LOCKOUT_SECONDS: `${LOCKOUT_SECONDS}`,
} as const;

/** Those of two processes that count together, and what ends them. */
export interface LimitsUnderTest {
  readonly one: LoginLimits;
  readonly other: LoginLimits;
  end(): Promise<void>;
}

export function limitsContract(where: string, make: (settings: typeof env) => Promise<LimitsUnderTest>): void {
  describe(`limits in ${where}`, () => {
    const made: LimitsUnderTest[] = [];
    afterEach(async () => {
      for (const limits of made.splice(0)) await limits.end();
    });
    const limits = async (): Promise<LimitsUnderTest> => {
      const both = await make(env);
      made.push(both);
      return both;
    };
    const many = async (times: number, run: (index: number) => Promise<unknown>): Promise<string[]> =>
      Promise.all(Array.from({ length: times }, (_, index) => codeOf(run(index))));
    const passed = (codes: readonly string[]): number => codes.filter((code) => code === 'none').length;
    const retryAfterMs = async (refused: Promise<unknown>): Promise<number> =>
      refused.then(
        () => 0,
        (error: { retryAfterMs: number }) => error.retryAfterMs,
      );
    const at = (address: string, account = 'alice'): Guess => ({ account, address });

    it('let so many guesses at an account fail, from wherever, all at once too', async () => {
      const { one, other } = await limits();
      const codes = await many(20, (i) => (i % 2 ? one : other).begin(at(`10.0.0.${i}`)));
      expect(passed(codes)).toBe(PER_ACCOUNT);
      expect(new Set(codes)).toEqual(new Set(['none', 'RATE_LIMITED']));
      for (const each of [one, other]) expect(await codeOf(each.check(at('10.0.1.1')))).toBe('RATE_LIMITED');
      expect(await codeOf(other.check(at('10.0.1.1', 'bob')))).toBe('none');
    });

    it('let so many guesses of an address fail, and count what it may not try against no account', async () => {
      const { one, other } = await limits();
      const codes = await many(30, (i) => (i % 2 ? one : other).begin(at('10.0.0.1', `person ${i}`)));
      expect(passed(codes)).toBe(PER_ADDRESS);
      expect(await many(20, () => one.begin(at('10.0.0.1', 'victim')))).toEqual(Array(20).fill('RATE_LIMITED'));
      expect(passed(await many(PER_ACCOUNT, () => other.begin(at('10.0.0.2', 'victim'))))).toBe(PER_ACCOUNT);
    });

    it('count no guess that was right, and forget the failures before it', async () => {
      const { one, other } = await limits();
      for (let round = 0; round < 6; round++) {
        for (let i = 1; i < PER_ACCOUNT; i++) expect(await codeOf(other.begin(at(`10.${round}.0.${i}`)))).toBe('none');
        expect(await codeOf(one.begin(at('10.0.0.9')))).toBe('none');
        await one.succeeded(at('10.0.0.9'));
        await one.succeeded(at(`10.${round}.0.1`));
      }
    });

    it('the last guess may be right: it unlocks', async () => {
      const { one, other } = await limits();
      for (let i = 0; i < PER_ACCOUNT; i++) await one.begin(at('10.0.0.1'));
      expect(await codeOf(other.check(at('10.0.0.1')))).toBe('RATE_LIMITED');
      await other.succeeded(at('10.0.0.1'));
      expect(await codeOf(one.check(at('10.0.0.2')))).toBe('none');
    });

    it('lock nobody out of their account by what others guess elsewhere', async () => {
      const { one, other } = await limits();
      await one.begin(at('10.0.0.1'));
      await one.succeeded(at('10.0.0.1'));
      for (let i = 0; i < PER_ACCOUNT; i++) await other.begin(at('10.6.6.6'));
      expect(await codeOf(other.check(at('10.6.6.6')))).toBe('RATE_LIMITED');
      expect(await codeOf(other.check(at('10.7.7.7')))).toBe('RATE_LIMITED');
      // The owner, where they have been lately: with as many guesses, which unlock nothing for the others.
      for (let i = 1; i < PER_ACCOUNT; i++) expect(await codeOf(other.begin(at('10.0.0.1')))).toBe('none');
      await other.succeeded(at('10.0.0.1'));
      expect(await codeOf(one.check(at('10.6.6.6')))).toBe('RATE_LIMITED');
      for (let i = 0; i < PER_ACCOUNT; i++) expect(await codeOf(one.begin(at('10.0.0.1')))).toBe('none');
      for (const each of [one, other]) expect(await codeOf(each.check(at('10.0.0.1')))).toBe('RATE_LIMITED');
    });

    it('each lock-out is twice as long as the one before', async () => {
      const { one, other } = await limits();
      const lockOut = async (from: string): Promise<number> => {
        for (let i = 0; i < PER_ACCOUNT; i++) await one.begin(at(from));
        return retryAfterMs(other.check(at(from)));
      };
      const first = await lockOut('10.0.0.1');
      expect(first).toBeLessThanOrEqual(LOCKOUT_SECONDS * 1000);
      await expect.poll(() => codeOf(other.check(at('10.0.0.2'))), { timeout: 20_000 }).toBe('none');
      const second = await lockOut('10.0.0.2');
      expect(second).toBeGreaterThan(LOCKOUT_SECONDS * 1000);
      expect(second).toBeLessThanOrEqual(2 * LOCKOUT_SECONDS * 1000);
    });

    it('let so many people register from an address', async () => {
      const { one, other } = await limits();
      const codes = await many(10, (i) => (i % 2 ? one : other).registration('10.0.0.2'));
      expect(passed(codes)).toBe(REGISTRATIONS);
      expect(await retryAfterMs(one.registration('10.0.0.2'))).toBeGreaterThan(0);
      expect(await codeOf(one.registration('10.0.0.3'))).toBe('none');
    });
  });
}
