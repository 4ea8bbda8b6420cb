/** Accounts and profiles. */

import type { Clock, Ids } from '@clatter/runtime';
import { ClatterError, type User } from '@clatter/wire';
import type { AccountOutbox } from './account-outbox.ts';
import type { PasswordStrength } from './password-strength.ts';
import type { Passwords } from './passwords.ts';
import { type Database, isUniqueViolation, type Queries } from './ports.ts';

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
const EMAIL = /^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$/;
const NAME_MAX = 64;
const QUERY_WORDS_MAX = 5;
/** The constraint that an address belongs to one account. */
const EMAIL_KEY = 'accounts_email_lower_key';

export interface NewAccount {
  readonly username: string;
  readonly password: string;
  readonly email: string | undefined;
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
function checkText(field: string, text: string, max: number, lines = false): string {
  if ([...text].length > max) throw invalid(`${field}: want at most ${max} characters`);
  if (!text.isWellFormed() || CONTROL.test(lines ? text.replace(/[\t\n]/g, ' ') : text))
    throw invalid(`${field}: want text without control characters`);
  return text;
}

export class Accounts {
  readonly #database: Database;
  readonly #passwords: Passwords;
  readonly #strength: PasswordStrength;
  readonly #outbox: AccountOutbox;
  readonly #clock: Clock;
  readonly #ids: Ids;

  constructor(parts: {
    database: Database;
    passwords: Passwords;
    strength: PasswordStrength;
    outbox: AccountOutbox;
    clock: Clock;
    ids: Ids;
  }) {
    this.#database = parts.database;
    this.#passwords = parts.passwords;
    this.#strength = parts.strength;
    this.#outbox = parts.outbox;
    this.#clock = parts.clock;
    this.#ids = parts.ids;
  }

  /**
   * Makes an account, and in the same transaction what `also` makes of it. Throws INVALID, WEAK_PASSWORD, CONFLICT, RATE_LIMITED. A taken e-mail address
   * is not attached, and nobody learns that it is taken.
   */
  async create<T>(
    wanted: NewAccount,
    also: (queries: Queries, userId: string) => Promise<T>,
  ): Promise<[AccountRow, T]> {
    const displayName = checkAccount(wanted);
    await this.#strength.check(wanted.password, [wanted.username, displayName, wanted.email]);
    const account = {
      ...wanted,
      displayName,
      userId: this.#ids.v7(),
      hash: await this.#passwords.hash(wanted.password),
    };
    const make = () =>
      this.#database.transaction(async (queries): Promise<[AccountRow, T]> => {
        const row = await this.#insert(queries, account);
        return [row, await also(queries, row.user_id)];
      });
    try {
      // Whoever took the address in between is found the second time.
      return await make().catch((error: unknown) =>
        isUniqueViolation(error, EMAIL_KEY) ? make() : Promise.reject(error),
      );
    } catch (error) {
      if (isUniqueViolation(error)) throw new ClatterError('CONFLICT', 'username: it is taken');
      throw error;
    }
  }

  async #insert(
    queries: Queries,
    account: { userId: string; username: string; email: string | undefined; hash: string; displayName: string },
  ): Promise<AccountRow> {
    const { userId, username, email, hash, displayName } = account;
    const lower = email?.toLowerCase() ?? null;
    const taken =
      lower !== null &&
      (await queries.query('SELECT 1 AS one FROM accounts WHERE email_lower = $1', [lower])).length > 0;
    const [row] = await queries.query<AccountRow>(
      `INSERT INTO accounts (user_id, username, username_lower, email, email_lower, password_hash, display_name, created_at_ms)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${COLUMNS}`,
      [
        userId,
        username,
        username.toLowerCase(),
        taken ? null : (email ?? null),
        taken ? null : lower,
        hash,
        displayName,
        this.#clock.nowMs(),
      ],
    );
    await indexWords(queries, userId, username, displayName);
    return row as AccountRow;
  }

  /** By username or e-mail address. */
  async byLogin(login: string): Promise<AccountRow | undefined> {
    if (CONTROL.test(login)) return undefined;
    const [row] = await this.#database.query<AccountRow>(
      `SELECT ${COLUMNS} FROM accounts WHERE (username_lower = $1 OR email_lower = $1) AND deleted_at_ms IS NULL`,
      [login.toLowerCase()],
    );
    return row;
  }

  /** Those that were deleted too, unless only the living are asked for. */
  async byIds(userIds: readonly string[], living: boolean): Promise<readonly AccountRow[]> {
    return this.#database.query<AccountRow>(
      `SELECT ${COLUMNS} FROM accounts WHERE user_id = ANY($1::uuid[]) ${living ? 'AND deleted_at_ms IS NULL' : ''}`,
      [userIds],
    );
  }

  /** People whose username or words of their display name begin with each word of the query, by username; everybody for an empty query. */
  async search(query: string, after: string, limit: number): Promise<readonly AccountRow[]> {
    const beginnings = words(query).slice(0, QUERY_WORDS_MAX);
    const found = beginnings.map(
      (_, index) => `AND user_id IN (SELECT user_id FROM account_words WHERE word LIKE $${index + 3})`,
    );
    return this.#database.query<AccountRow>(
      `SELECT ${COLUMNS} FROM accounts WHERE deleted_at_ms IS NULL AND username_lower > $1 ${found.join(' ')}
       ORDER BY username_lower LIMIT $2`,
      [after, limit, ...beginnings.map((word) => `${word.replace(/[\\%_]/g, '\\$&')}%`)],
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
      await queries.query('DELETE FROM sessions WHERE user_id = $1', [userId]);
      await this.#outbox.put(queries, { userId, atMs: now, deleted: {} });
    });
    await this.#outbox.drain();
  }
}

/** Returns the display name. Throws INVALID. */
function checkAccount({ username, password, email, displayName }: NewAccount): string {
  if (!USERNAME.test(username))
    throw invalid("username: want 3 to 32 of the letters a–z, the digits, '.', '_' and '-'");
  checkPassword(password);
  if (email !== undefined && (email.length > 254 || !EMAIL.test(email) || CONTROL.test(email) || !email.isWellFormed()))
    throw invalid('email: want an e-mail address');
  return checkText('displayName', displayName?.trim() || username, NAME_MAX);
}

/** Throws INVALID. How hard it is to guess is judged elsewhere. */
function checkPassword(password: string): void {
  const length = [...password].length;
  if (length < 8 || length > 256) throw invalid(`password: want 8 to 256 characters, got ${length}`);
  if (!password.isWellFormed()) throw invalid('password: want text without unpaired surrogates');
}

/** The words of a text as they are compared: whatever the case, and however accents were typed. */
const words = (text: string): string[] =>
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
