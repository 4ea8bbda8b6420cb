/**
 * Logins whose password was right and that wait for a second factor. Each is one row with its own token, hashed, for a few minutes and tries;
 * it ends with the password that it was made with.
 */
import { randomBytes } from 'node:crypto';
import type { Device, MfaChallenge } from '@clatter/contracts/auth';
import type { Clock } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import type { AccountRow } from './accounts.ts';
import type { Database, Queries } from './ports.ts';
import { hashToken } from './secrets.ts';

const GOOD_MS = 300_000;
const TRIES_MAX = 5;
/** Logins of one person that wait at once; past it the oldest is dropped. */
const WAITING_MAX = 20;

export interface MfaLogin {
  readonly userId: string;
  readonly device: Device;
}

type LoginRow = { user_id: string; device_name: string; device_platform: string };

export class MfaLogins {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async begin(account: AccountRow, device: Device | undefined, methods: string[]): Promise<MfaChallenge> {
    const mfaToken = randomBytes(32).toString('base64url');
    await this.#database.transaction(async (queries) => {
      await queries.query(
        `DELETE FROM mfa_logins WHERE token_hash IN
           (SELECT token_hash FROM mfa_logins WHERE user_id = $1 ORDER BY expires_at_ms DESC OFFSET ${WAITING_MAX - 1})`,
        [account.user_id],
      );
      await queries.query('INSERT INTO mfa_logins VALUES ($1, $2, $3, $4, $5, 0, $6)', [
        hashToken(mfaToken),
        account.user_id,
        device?.name ?? '',
        device?.platform ?? '',
        hashToken(account.password_hash),
        this.#clock.nowMs() + GOOD_MS,
      ]);
    });
    return { mfaToken, methods, expiresIn: GOOD_MS / 1000 };
  }

  /** Counts a try. Throws UNAUTHENTICATED where the login is over, or was tried too often. */
  async try(mfaToken: string): Promise<MfaLogin> {
    const [row] = await this.#database.query<LoginRow>(
      `UPDATE mfa_logins SET tries = tries + 1 FROM accounts
       WHERE token_hash = $1 AND tries < ${TRIES_MAX} AND expires_at_ms >= $2 AND accounts.user_id = mfa_logins.user_id
         AND accounts.deleted_at_ms IS NULL AND sha256(convert_to(accounts.password_hash, 'UTF8')) = mfa_logins.password_sha256
       RETURNING mfa_logins.user_id, device_name, device_platform`,
      [hashToken(mfaToken), this.#clock.nowMs()],
    );
    if (!row) throw over();
    return { userId: row.user_id, device: { name: row.device_name, platform: row.device_platform } };
  }

  /** Whose login waits; counts nothing. Throws UNAUTHENTICATED. */
  async userOf(mfaToken: string): Promise<string> {
    const [row] = await this.#database.query<{ user_id: string }>(
      `SELECT user_id FROM mfa_logins WHERE token_hash = $1 AND tries < ${TRIES_MAX} AND expires_at_ms >= $2`,
      [hashToken(mfaToken), this.#clock.nowMs()],
    );
    if (!row) throw over();
    return row.user_id;
  }

  /** Inside the transaction that opens the session: once. Throws UNAUTHENTICATED. */
  async end(queries: Queries, mfaToken: string): Promise<void> {
    const ended = await queries.query('DELETE FROM mfa_logins WHERE token_hash = $1 RETURNING user_id', [
      hashToken(mfaToken),
    ]);
    if (ended.length === 0) throw over();
  }

  async forget(): Promise<void> {
    await this.#database.query('DELETE FROM mfa_logins WHERE expires_at_ms < $1', [this.#clock.nowMs()]);
  }
}

const over = (): ClatterError =>
  new ClatterError('UNAUTHENTICATED', 'mfaToken: want that of a login of the last minutes; log in again');
