/** Checks what somebody shows to prove who they are, within the limits against guessing. */
import type { Proof } from '@clatter/contracts/auth';
import { ClatterError, type Input } from '@clatter/wire';
import { addressGroup } from './address-group.ts';
import type { LoginLimits } from './limits.ts';
import type { Passkeys, Purpose } from './passkeys.ts';
import type { Passwords } from './passwords.ts';
import type { Queries } from './ports.ts';
import type { Totp } from './totp.ts';

const PASSWORD_MAX = 1024;
const CODE_MAX = 64;

export interface Prover {
  readonly userId: string;
  readonly address: string;
}

interface Parts {
  readonly queries: Queries;
  readonly passwords: Passwords;
  readonly totp: Totp;
  readonly passkeys: Passkeys;
  readonly limits: LoginLimits;
}

export class Factors {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** What would do as a second factor; nothing where none is wanted. */
  async methods(userId: string): Promise<string[]> {
    const { queries, totp, passkeys } = this.#parts;
    if (!(await totp.isOn(queries, userId))) return [];
    return ['code', 'recoveryCode', ...((await passkeys.count(queries, userId)) > 0 ? ['assertion'] : [])];
  }

  /** Throws UNAUTHENTICATED where it is wrong, INVALID where nothing that would do is shown, RATE_LIMITED. */
  async check(prover: Prover, proof: Input<Proof>, purpose: Purpose, allowed: readonly (keyof Proof)[]): Promise<void> {
    const shown = allowed.filter((name) => proof[name] !== undefined);
    const [method] = shown;
    if (method === undefined || shown.length > 1)
      throw new ClatterError('INVALID', `want one of ${allowed.join(', ')}`);
    if (method === 'assertion') {
      await this.#parts.passkeys.verify(proof.assertion as string, purpose, prover.userId);
      return;
    }
    if (!(await this.#isRight(prover, method, proof[method] as string)))
      throw new ClatterError('UNAUTHENTICATED', `${method}: it is wrong or was used`);
  }

  async #isRight(prover: Prover, method: keyof Proof, shown: string): Promise<boolean> {
    const { totp } = this.#parts;
    if (method === 'password') return this.#isPassword(prover, shown);
    return this.guess(prover, () =>
      method === 'code'
        ? totp.use(prover.userId, shown.slice(0, CODE_MAX))
        : totp.useRecoveryCode(prover.userId, shown.slice(0, CODE_MAX)),
    );
  }

  /** Codes are counted apart from passwords: whoever knows the password does not reset the count of guessed codes by logging in. */
  async guess(prover: Prover, isRight: () => Promise<boolean>): Promise<boolean> {
    const { limits } = this.#parts;
    const guess = { account: `factor ${prover.userId}`, address: addressGroup(prover.address) };
    await limits.check(guess);
    await limits.begin(guess);
    const right = await isRight();
    if (right) await limits.succeeded(guess);
    return right;
  }

  async #isPassword({ userId, address }: Prover, password: string): Promise<boolean> {
    const { queries, passwords, limits } = this.#parts;
    const [account] = await queries.query<{ password_hash: string }>(
      `SELECT password_hash FROM accounts WHERE user_id = $1 AND deleted_at_ms IS NULL AND password_hash <> ''`,
      [userId],
    );
    const guess = { account: userId, address: addressGroup(address) };
    await limits.check(guess);
    return passwords.verify(account?.password_hash, password.slice(0, PASSWORD_MAX), {
      before: () => limits.begin(guess),
      after: async (same) => {
        if (same) await limits.succeeded(guess);
      },
    });
  }
}
