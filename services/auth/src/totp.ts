/**
 * One-time codes by time (RFC 6238: SHA-1, 6 digits, 30 s, which every authenticator knows), and the recovery codes that stand in for a lost
 * phone. A code counts one step before and after its own, and once: no step is taken twice, nor one before it.
 *
 * The secret is sealed like a personal column. Recovery codes are kept as blind indexes: without the key of this installation nothing tells them.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { Secret, TOTP } from 'otpauth';
import type { DataKeys } from './data-keys.ts';
import type { Database, Queries } from './ports.ts';

const STEP_MS = 30_000;
/** Steps before and after the one of now whose codes count: clocks differ, and people type slowly. */
const WINDOW = 1;
const SECRET_BYTES = 20;
const RECOVERY_CODES = 10;
/** Crockford's: without the letters that are read as others. */
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
const LETTERS_OF_CODE = 12;

type TotpRow = { secret_sealed: string; confirmed: boolean };

const place = (userId: string): string => `totp ${userId}`;

/** Of which step a code is, counted from 1970; undefined where it is of none that counts now. */
export function stepOf(secret: Secret, code: string, nowMs: number, digits = 6): number | undefined {
  const delta = TOTP.validate({ token: code, secret, digits, timestamp: nowMs, window: WINDOW, algorithm: 'SHA1' });
  return delta === null ? undefined : Math.floor(nowMs / STEP_MS) + delta;
}

export class Totp {
  readonly #database: Database;
  readonly #keys: DataKeys;
  readonly #clock: Clock;
  readonly #issuer: string;

  constructor(parts: { database: Database; keys: DataKeys; clock: Clock; issuer: string }) {
    this.#database = parts.database;
    this.#keys = parts.keys;
    this.#clock = parts.clock;
    this.#issuer = parts.issuer;
  }

  async isOn(queries: Queries, userId: string): Promise<boolean> {
    const found = await queries.query('SELECT 1 AS one FROM totp WHERE user_id = $1 AND confirmed', [userId]);
    return found.length > 0;
  }

  /** Inside a transaction: a secret that counts once it is confirmed; one that was not confirmed is replaced. Throws CONFLICT where codes are on. */
  async begin(queries: Queries, userId: string, username: string): Promise<{ secret: string; uri: string }> {
    const secret = new Secret({ size: SECRET_BYTES });
    const sealed = (await this.#keys.sealer(queries))(secret.base32, place(userId));
    const made = await queries.query(
      `INSERT INTO totp (user_id, secret_sealed, confirmed, last_step, created_at_ms) VALUES ($1, $2, false, 0, $3)
       ON CONFLICT (user_id) DO UPDATE SET secret_sealed = $2, last_step = 0, created_at_ms = $3 WHERE NOT totp.confirmed RETURNING user_id`,
      [userId, sealed, this.#clock.nowMs()],
    );
    if (made.length === 0) throw new ClatterError('CONFLICT', 'one-time codes are on already');
    const totp = new TOTP({ issuer: this.#issuer, label: username, secret });
    return { secret: secret.base32, uri: totp.toString() };
  }

  /** Inside a transaction: codes are on from now on. Returns the recovery codes; undefined where the code is wrong. Throws CONFLICT. */
  async confirm(queries: Queries, userId: string, code: string): Promise<string[] | undefined> {
    const [row] = await queries.query<TotpRow>(
      'SELECT secret_sealed, confirmed FROM totp WHERE user_id = $1 FOR UPDATE',
      [userId],
    );
    if (!row || row.confirmed)
      throw new ClatterError(
        'CONFLICT',
        row ? 'one-time codes are on already' : 'want a secret that waits to be confirmed',
      );
    const step = await this.#stepOf(queries, userId, row, code);
    if (step === undefined) return undefined;
    await queries.query('UPDATE totp SET confirmed = true, last_step = $2 WHERE user_id = $1', [userId, step]);
    return this.renewRecoveryCodes(queries, userId);
  }

  /** Whether the code is right and was not used; then it is used. */
  async use(userId: string, code: string): Promise<boolean> {
    const [row] = await this.#database.query<TotpRow>(
      'SELECT secret_sealed, confirmed FROM totp WHERE user_id = $1 AND confirmed',
      [userId],
    );
    const step = row && (await this.#stepOf(this.#database, userId, row, code));
    if (step === undefined) return false;
    // Of tries at once one moves the step on.
    const used = await this.#database.query(
      'UPDATE totp SET last_step = $2 WHERE user_id = $1 AND confirmed AND last_step < $2 RETURNING user_id',
      [userId, step],
    );
    return used.length > 0;
  }

  /** Whether it is one of the person's; then it is used up. */
  async useRecoveryCode(userId: string, code: string): Promise<boolean> {
    const used = await this.#database.query(
      'DELETE FROM recovery_codes WHERE user_id = $1 AND code_lookup = $2 RETURNING user_id',
      [userId, this.#lookup(userId, code)],
    );
    return used.length > 0;
  }

  async recoveryCodesLeft(userId: string): Promise<number> {
    const rows = await this.#database.query('SELECT 1 AS one FROM recovery_codes WHERE user_id = $1', [userId]);
    return rows.length;
  }

  /** Inside a transaction. Throws CONFLICT where codes are not on. */
  async renewRecoveryCodes(queries: Queries, userId: string): Promise<string[]> {
    const [on] = await queries.query('SELECT 1 AS one FROM totp WHERE user_id = $1 AND confirmed FOR UPDATE', [userId]);
    if (!on) throw new ClatterError('CONFLICT', 'one-time codes are not on');
    await queries.query('DELETE FROM recovery_codes WHERE user_id = $1', [userId]);
    const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode);
    for (const code of codes)
      await queries.query('INSERT INTO recovery_codes (user_id, code_lookup) VALUES ($1, $2)', [
        userId,
        this.#lookup(userId, code),
      ]);
    return codes;
  }

  async #stepOf(queries: Queries, userId: string, row: TotpRow, code: string): Promise<number | undefined> {
    const secret = Secret.fromBase32(await this.#keys.open(queries, row.secret_sealed, place(userId)));
    return stepOf(secret, code.replace(/\s/g, ''), this.#clock.nowMs());
  }

  #lookup(userId: string, code: string): Uint8Array {
    const typed = code.toLowerCase().replace(/[\s-]/g, '').replaceAll('o', '0').replace(/[il]/g, '1');
    return this.#keys.lookup('recovery code', `${userId} ${typed}`);
  }
}

/** Nothing is left of a person's codes. */
export async function forgetTotp(queries: Queries, userId: string): Promise<void> {
  await queries.query('DELETE FROM totp WHERE user_id = $1', [userId]);
  await queries.query('DELETE FROM recovery_codes WHERE user_id = $1', [userId]);
}

/** 60 bits, as xxxx-xxxx-xxxx. */
function newRecoveryCode(): string {
  const letters = [...randomBytes(LETTERS_OF_CODE)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
  return letters.replace(/(.{4})(?!$)/g, '$1-');
}
