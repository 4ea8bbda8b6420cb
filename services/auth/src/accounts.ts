/** Accounts and profiles. */

import type { Clock, Ids } from '@clatter/runtime';
import { ClatterError, type User } from '@clatter/wire';
import type { AccountOutbox } from './account-outbox.ts';
import type { Passwords } from './passwords.ts';
import { type Database, isUniqueViolation, type Queries, type SqlParam } from './ports.ts';

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

/** Refuses control characters, unpaired surrogates and what is too long. */
function checkText(field: string, text: string, max: number): string {
  if ([...text].length > max) throw invalid(`${field}: want at most ${max} characters`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (!text.isWellFormed() || /[\u0000-\u0008\u000b-\u001f\u007f]/.test(text))
    throw invalid(`${field}: want text without control characters`);
  return text;
}

export class Accounts {
  readonly #database: Database;
  readonly #passwords: Passwords;
  readonly #outbox: AccountOutbox;
  readonly #clock: Clock;
  readonly #ids: Ids;

  constructor(parts: { database: Database; passwords: Passwords; outbox: AccountOutbox; clock: Clock; ids: Ids }) {
    this.#database = parts.database;
    this.#passwords = parts.passwords;
    this.#outbox = parts.outbox;
    this.#clock = parts.clock;
    this.#ids = parts.ids;
  }

  /** Throws INVALID, CONFLICT. A taken e-mail address is not attached, and nobody learns that it is taken. */
  async create(wanted: {
    username: string;
    password: string;
    email: string | undefined;
    displayName: string | undefined;
  }): Promise<AccountRow> {
    const { username, password, email } = wanted;
    if (!USERNAME.test(username))
      throw invalid("username: want 3 to 32 of the letters a–z, the digits, '.', '_' and '-'");
    const length = [...password].length;
    if (length < 8 || length > 256) throw invalid(`password: want 8 to 256 characters, got ${length}`);
    if (email !== undefined && (email.length > 254 || !EMAIL.test(email)))
      throw invalid('email: want an e-mail address');
    const displayName = checkText('displayName', wanted.displayName?.trim() || username, NAME_MAX);
    const hash = await this.#passwords.hash(password);
    const userId = this.#ids.v7();
    try {
      return await this.#database.transaction(async (queries) => {
        const lower = email?.toLowerCase();
        const taken =
          lower !== undefined &&
          (await queries.query('SELECT 1 AS one FROM accounts WHERE email_lower = $1', [lower])).length > 0;
        const attached = lower === undefined || taken ? [null, null] : [email as string, lower];
        const [row] = await queries.query<AccountRow>(
          `INSERT INTO accounts (user_id, username, username_lower, email, email_lower, password_hash, display_name, created_at_ms)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${COLUMNS}`,
          [userId, username, username.toLowerCase(), ...attached, hash, displayName, this.#clock.nowMs()] as SqlParam[],
        );
        await indexWords(queries, userId, username, displayName);
        return row as AccountRow;
      });
    } catch (error) {
      if (isUniqueViolation(error)) throw new ClatterError('CONFLICT', 'username: it is taken');
      throw error;
    }
  }

  /** By username or e-mail address. */
  async byLogin(login: string): Promise<AccountRow | undefined> {
    const [row] = await this.#database.query<AccountRow>(
      `SELECT ${COLUMNS} FROM accounts WHERE (username_lower = $1 OR email_lower = $1) AND deleted_at_ms IS NULL`,
      [login.toLowerCase()],
    );
    return row;
  }

  async byIds(userIds: readonly string[]): Promise<readonly AccountRow[]> {
    return this.#database.query<AccountRow>(`SELECT ${COLUMNS} FROM accounts WHERE user_id = ANY($1::uuid[])`, [
      userIds,
    ]);
  }

  /** People one of whose words begins so, by username; everybody for an empty query. */
  async search(query: string, after: string, limit: number): Promise<readonly AccountRow[]> {
    const prefix = query.trim().toLowerCase();
    const like = `${prefix.replace(/[\\%_]/g, '\\$&')}%`;
    const found = prefix === '' ? '' : 'AND user_id IN (SELECT user_id FROM account_words WHERE word LIKE $3)';
    return this.#database.query<AccountRow>(
      `SELECT ${COLUMNS} FROM accounts WHERE deleted_at_ms IS NULL AND username_lower > $1 ${found} ORDER BY username_lower LIMIT $2`,
      prefix === '' ? [after, limit] : [after, limit, like],
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
    if (change.avatarUrl && !/^https?:\/\/\S{1,2000}$/.test(change.avatarUrl))
      throw invalid('avatarUrl: want an http or https address');
    const values = [
      displayName ?? null,
      change.avatarUrl ?? null,
      change.bio === undefined ? null : checkText('bio', change.bio, 500),
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

  /** Erases what is personal; the id stays, since conversations speak of it. */
  async delete(userId: string): Promise<void> {
    const now = this.#clock.nowMs();
    await this.#database.transaction(async (queries) => {
      await queries.query(
        `UPDATE accounts SET username = 'deleted', username_lower = 'deleted:' || user_id, email = NULL, email_lower = NULL, password_hash = '',
           display_name = 'Deleted account', avatar_url = NULL, bio = '', status_text = '', deleted_at_ms = $2 WHERE user_id = $1`,
        [userId, now],
      );
      await queries.query('DELETE FROM account_words WHERE user_id = $1', [userId]);
      await queries.query('DELETE FROM sessions WHERE user_id = $1', [userId]);
      await this.#outbox.put(queries, { userId, atMs: now, deleted: {} });
    });
    await this.#outbox.drain();
  }
}

async function indexWords(queries: Queries, userId: string, username: string, displayName: string): Promise<void> {
  const words = new Set(
    [username.toLowerCase(), ...displayName.toLowerCase().split(/\s+/)].filter((word) => word !== ''),
  );
  await queries.query('DELETE FROM account_words WHERE user_id = $1', [userId]);
  await queries.query('INSERT INTO account_words (user_id, word) SELECT $1::uuid, unnest($2::text[])', [
    userId,
    [...words],
  ]);
}
