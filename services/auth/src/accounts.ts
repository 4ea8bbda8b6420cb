/** Accounts and profiles. */

import { randomInt } from 'node:crypto';
import type { Clock, Ids } from '@clatter/runtime';
import { ClatterError, type User } from '@clatter/wire';
import type { AccountOutbox } from './account-outbox.ts';
import { type Addresses, type AddressKind, parseAddress } from './addresses.ts';
import { type Audit, person } from './audit.ts';
import type { PasswordStrength } from './password-strength.ts';
import type { Passwords } from './passwords.ts';
import { type Database, isUniqueViolation, type Queries } from './ports.ts';
import { isReserved } from './reserved-names.ts';

export type AccountRow = {
  user_id: string;
  username: string;
  password_hash: string;
  display_name: string;
  avatar_url: string | null;
  bio: string;
  status_text: string;
  created_at_ms: number;
};

const COLUMNS = 'user_id, username, password_hash, display_name, avatar_url, bio, status_text, created_at_ms';
const USERNAME = /^[A-Za-z0-9._-]{3,32}$/;
const NAME_MAX = 64;
const QUERY_WORDS_MAX = 5;
/** The constraint that a username belongs to one account. */
const USERNAME_KEY = 'accounts_username_lower_key';

/** What a username that nobody chose begins with. */
const NAMELESS = 'user-';

export interface NewAccount {
  /** Empty where an address is given: then one is made up. */
  readonly username: string;
  readonly password: string;
  readonly email: string | undefined;
  readonly phone: string | undefined;
  readonly displayName: string | undefined;
}

export const toUser = (row: AccountRow): User => ({
  userId: row.user_id,
  username: row.username,
  displayName: row.display_name,
  avatarUrl: row.avatar_url ?? undefined,
  bio: row.bio,
  statusText: row.status_text,
  createdAtMs: row.created_at_ms,
});

const invalid = (message: string): ClatterError => new ClatterError('INVALID', message);

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Refuses control characters (but line breaks and tabs where lines are asked for), unpaired surrogates and what is too long. */
export function checkText(field: string, text: string, max: number, lines = false): string {
  if ([...text].length > max) throw invalid(`${field}: want at most ${max} characters`);
  if (!text.isWellFormed() || CONTROL.test(lines ? text.replace(/[\t\n]/g, ' ') : text))
    throw invalid(`${field}: want text without control characters`);
  return text;
}

export class Accounts {
  readonly #database: Database;
  readonly #addresses: Addresses;
  readonly #passwords: Passwords;
  readonly #strength: PasswordStrength;
  readonly #outbox: AccountOutbox;
  readonly #audit: Audit;
  readonly #clock: Clock;
  readonly #ids: Ids;

  constructor(parts: {
    database: Database;
    addresses: Addresses;
    passwords: Passwords;
    strength: PasswordStrength;
    outbox: AccountOutbox;
    audit: Audit;
    clock: Clock;
    ids: Ids;
  }) {
    this.#database = parts.database;
    this.#addresses = parts.addresses;
    this.#passwords = parts.passwords;
    this.#strength = parts.strength;
    this.#outbox = parts.outbox;
    this.#audit = parts.audit;
    this.#clock = parts.clock;
    this.#ids = parts.ids;
  }

  /**
   * Makes an account, and in the same transaction what `also` makes of it. Throws INVALID, WEAK_PASSWORD, CONFLICT, RATE_LIMITED. Addresses
   * are claimed, whoever else has them: nobody learns of that.
   */
  async create<T>(
    wanted: NewAccount,
    also: (queries: Queries, userId: string, claims: readonly (readonly [AddressKind, string])[]) => Promise<T>,
  ): Promise<[AccountRow, T]> {
    const { username, displayName, claims } = checkAccount(wanted);
    await this.#strength.check(wanted.password, [username, displayName, ...claims.map(([, text]) => text)]);
    const hash = await this.#passwords.hash(wanted.password);
    const userId = this.#ids.v7();
    try {
      return await this.#database.transaction(async (queries): Promise<[AccountRow, T]> => {
        const row = await this.#insert(queries, { userId, username, hash, displayName });
        const createdAtMs = this.#clock.nowMs();
        await this.#addresses.claim(
          queries,
          claims.map(([kind, text]) => ({ userId, kind, text, createdAtMs })),
        );
        return [row, await also(queries, userId, claims)];
      });
    } catch (error) {
      if (isUniqueViolation(error, USERNAME_KEY)) throw new ClatterError('CONFLICT', 'username: it is taken');
      throw error;
    }
  }

  /** An account of somebody who logs in elsewhere, and in the same transaction what `also` makes of it. Returns its id. */
  async createWithoutPassword(
    name: string,
    also: (queries: Queries, userId: string) => Promise<void>,
  ): Promise<string> {
    const username = madeUpName(1);
    const shown = [...name.toWellFormed().replace(new RegExp(CONTROL, 'g'), ' ').trim()].slice(0, NAME_MAX).join('');
    const userId = this.#ids.v7();
    await this.#database.transaction(async (queries) => {
      await this.#insert(queries, { userId, username, hash: '', displayName: shown || username });
      await also(queries, userId);
    });
    return userId;
  }

  async #insert(
    queries: Queries,
    account: { userId: string; username: string; hash: string; displayName: string },
  ): Promise<AccountRow> {
    const { userId, username, hash, displayName } = account;
    const [row] = await queries.query<AccountRow>(
      `INSERT INTO accounts (user_id, username, username_lower, password_hash, display_name, created_at_ms)
       VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${COLUMNS}`,
      [userId, username, username.toLowerCase(), hash, displayName, this.#clock.nowMs()],
    );
    await indexWords(queries, userId, username, displayName);
    return row as AccountRow;
  }

  /** By username or e-mail address, whichever it looks like: no username has an @. */
  async byLogin(login: string): Promise<AccountRow | undefined> {
    if (CONTROL.test(login) || !login.isWellFormed()) return undefined;
    const byEmail = login.includes('@');
    const userId = byEmail ? await this.#addresses.byEmail(this.#database, login) : undefined;
    if (byEmail && userId === undefined) return undefined;
    const [row] = await this.#database.query<AccountRow>(
      `SELECT ${COLUMNS} FROM accounts WHERE ${byEmail ? 'user_id' : 'username_lower'} = $1 AND deleted_at_ms IS NULL`,
      [userId ?? login.toLowerCase()],
    );
    return row;
  }

  /** Inside of a transaction. Throws NOT_FOUND where the account was deleted meanwhile. */
  async setPassword(queries: Queries, userId: string, hash: string): Promise<void> {
    const rows = await queries.query(
      'UPDATE accounts SET password_hash = $2 WHERE user_id = $1 AND deleted_at_ms IS NULL RETURNING user_id',
      [userId, hash],
    );
    if (rows.length === 0) throw new ClatterError('NOT_FOUND', 'there is no such account');
  }

  /** Those that were deleted too, unless only the living are asked for. */
  async byIds(userIds: readonly string[], living: boolean): Promise<readonly AccountRow[]> {
    return this.#database.query<AccountRow>(
      `SELECT ${COLUMNS} FROM accounts WHERE user_id = ANY($1::uuid[]) ${living ? 'AND deleted_at_ms IS NULL' : ''}`,
      [userIds],
    );
  }

  /**
   * People whose username or words of their display name begin with each word of the query, by username; everybody for
   * an empty query. Without those who are not in the directory, and those between whom and the viewer there is a block.
   */
  async search(viewerId: string, query: string, after: string, limit: number): Promise<readonly AccountRow[]> {
    const beginnings = words(query).slice(0, QUERY_WORDS_MAX);
    const found = beginnings.map(
      (_, index) => `AND a.user_id IN (SELECT user_id FROM account_words WHERE word LIKE $${index + 4})`,
    );
    return this.#database.query<AccountRow>(
      `SELECT ${COLUMNS} FROM accounts a WHERE deleted_at_ms IS NULL AND username_lower > $1 ${found.join(' ')}
         AND NOT EXISTS (SELECT 1 FROM privacy p WHERE p.user_id = a.user_id AND NOT p.in_directory AND p.user_id IS DISTINCT FROM $3::uuid)
         AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = a.user_id AND b.blocked_id = $3::uuid)
         AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = $3::uuid AND b.blocked_id = a.user_id)
       ORDER BY username_lower LIMIT $2`,
      [after, limit, viewerId || null, ...beginnings.map((word) => `${word.replace(/[\\%_]/g, '\\$&')}%`)],
    );
  }

  /** An absent field stays. Throws INVALID, NOT_FOUND. */
  async update(
    userId: string,
    change: {
      displayName?: string | undefined;
      avatarUrl?: string | undefined;
      bio?: string | undefined;
      statusText?: string | undefined;
    },
    address = '',
  ): Promise<AccountRow> {
    const displayName =
      change.displayName === undefined ? undefined : checkText('displayName', change.displayName.trim(), NAME_MAX);
    if (displayName === '') throw invalid('displayName: want 1 to 64 characters');
    if (change.avatarUrl && (!/^https?:\/\/\S{1,2000}$/.test(change.avatarUrl) || CONTROL.test(change.avatarUrl)))
      throw invalid('avatarUrl: want an http or https address');
    const values = [
      displayName ?? null,
      change.avatarUrl ?? null,
      change.bio === undefined ? null : checkText('bio', change.bio, 500, true),
      change.statusText === undefined ? null : checkText('statusText', change.statusText, 140),
    ];
    const row = await this.#database.transaction(async (queries) => {
      const [updated] = await queries.query<AccountRow>(
        `UPDATE accounts SET display_name = coalesce($2, display_name), avatar_url = nullif(coalesce($3, avatar_url), ''), bio = coalesce($4, bio),
           status_text = coalesce($5, status_text) WHERE user_id = $1 AND deleted_at_ms IS NULL RETURNING ${COLUMNS}`,
        [userId, ...values],
      );
      if (!updated) throw new ClatterError('NOT_FOUND', 'there is no such account');
      if (displayName !== undefined) await indexWords(queries, userId, updated.username, displayName);
      await this.#outbox.put(queries, { userId, atMs: this.#clock.nowMs(), profileChanged: { user: toUser(updated) } });
      await this.#audit.record(queries, { action: 'profile.changed', actor: person(userId), userId, address });
      return updated;
    });
    await this.#outbox.drain();
    return row;
  }

  /** Erases what is personal; the id stays, since conversations speak of it. The username is free again. Nothing happens the second time. */
  async delete(userId: string): Promise<void> {
    const now = this.#clock.nowMs();
    await this.#database.transaction(async (queries) => {
      const erased = await queries.query(
        `UPDATE accounts SET username = 'deleted', username_lower = 'deleted:' || user_id, email = NULL, email_lower = NULL, password_hash = '',
           display_name = 'Deleted account', avatar_url = NULL, bio = '', status_text = '', deleted_at_ms = $2
         WHERE user_id = $1 AND deleted_at_ms IS NULL RETURNING user_id`,
        [userId, now],
      );
      if (erased.length === 0) return;
      await queries.query('DELETE FROM account_words WHERE user_id = $1', [userId]);
      for (const table of [
        'sessions',
        'addresses',
        'codes',
        'mail_outbox',
        'totp',
        'recovery_codes',
        'mfa_logins',
        'passkeys',
        'privacy',
        'blocks',
        'contacts',
        'consents',
        'person_keys',
        'identities',
      ])
        await queries.query(`DELETE FROM ${table} WHERE user_id = $1`, [userId]);
      await queries.query('DELETE FROM blocks WHERE blocked_id = $1', [userId]);
      await queries.query('DELETE FROM contacts WHERE contact_id = $1', [userId]);
      await this.#audit.record(queries, { action: 'account.deleted', actor: person(userId), userId });
      await this.#outbox.put(queries, { userId, atMs: now, deleted: {} });
    });
    await this.#outbox.drain();
  }
}

/** The account as it is made. Throws INVALID. */
function checkAccount(wanted: NewAccount): {
  readonly username: string;
  readonly displayName: string;
  readonly claims: readonly (readonly [AddressKind, string])[];
} {
  const claims = (['email', 'phone'] as const).flatMap((kind) => {
    const text = wanted[kind];
    return text === undefined ? [] : [[kind, parseAddress(kind, text)] as const];
  });
  const username = wanted.username || madeUpName(claims.length);
  if (!USERNAME.test(username))
    throw invalid("username: want 3 to 32 of the letters a–z, the digits, '.', '_' and '-'");
  if (isReserved(username)) throw invalid('username: want another, this one is reserved');
  checkPassword(wanted.password);
  const displayName = checkText('displayName', wanted.displayName?.trim() || username, NAME_MAX);
  return { username, displayName, claims };
}

/** Of an account that has an address instead. It can be guessed by nobody and does not tell the address. */
function madeUpName(addresses: number): string {
  if (addresses === 0) throw invalid('username: want one, or an email or a phone');
  return (
    NAMELESS +
    randomInt(2 ** 47)
      .toString(36)
      .padStart(10, '0')
  );
}

/** Throws INVALID. How hard it is to guess is judged elsewhere. */
export function checkPassword(password: string): void {
  const length = [...password].length;
  if (length < 8 || length > 256) throw invalid(`password: want 8 to 256 characters, got ${length}`);
  if (!password.isWellFormed()) throw invalid('password: want text without unpaired surrogates');
}

/** The words of a text as they are compared: whatever the case, and however accents were typed. */
export const words = (text: string): string[] =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');

async function indexWords(queries: Queries, userId: string, username: string, displayName: string): Promise<void> {
  await queries.query('DELETE FROM account_words WHERE user_id = $1', [userId]);
  await queries.query('INSERT INTO account_words (user_id, word) SELECT $1::uuid, unnest($2::text[])', [
    userId,
    [...new Set([username.toLowerCase(), ...words(displayName)])],
  ]);
}
