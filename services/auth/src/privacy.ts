/** What a person shows and allows, and to whom: kept here, and told to the others by clatter.accounts. */
import type { Audience, Privacy, PrivacyChange } from '@clatter/contracts/auth';
import type { Clock } from '@clatter/runtime';
import { ClatterError, type Input } from '@clatter/wire';
import type { AccountOutbox } from './account-outbox.ts';
import { lockAccount } from './lock-account.ts';
import type { Database, Queries } from './ports.ts';

/** As the columns of a row. */
export type PrivacyRow = {
  presence: Audience | null;
  avatar: Audience | null;
  bio: Audience | null;
  status_text: Audience | null;
  messages: Audience | null;
  groups: Audience | null;
  in_directory: boolean | null;
};

export const PRIVACY_COLUMNS = 'presence, avatar, bio, status_text, messages, groups, in_directory';

/** Of a person who changed nothing. */
const DEFAULTS: Privacy = {
  presence: 'everyone',
  avatar: 'everyone',
  bio: 'everyone',
  statusText: 'everyone',
  messages: 'everyone',
  groups: 'everyone',
  inDirectory: true,
};

/** A row, or the nulls where there is none. */
export const toPrivacy = (row: PrivacyRow | undefined): Privacy => ({
  presence: row?.presence ?? DEFAULTS.presence,
  avatar: row?.avatar ?? DEFAULTS.avatar,
  bio: row?.bio ?? DEFAULTS.bio,
  statusText: row?.status_text ?? DEFAULTS.statusText,
  messages: row?.messages ?? DEFAULTS.messages,
  groups: row?.groups ?? DEFAULTS.groups,
  inDirectory: row?.in_directory ?? DEFAULTS.inDirectory,
});

export class PrivacySettings {
  readonly #database: Database;
  readonly #outbox: AccountOutbox;
  readonly #clock: Clock;

  constructor(parts: { database: Database; outbox: AccountOutbox; clock: Clock }) {
    this.#database = parts.database;
    this.#outbox = parts.outbox;
    this.#clock = parts.clock;
  }

  get(userId: string): Promise<Privacy> {
    return read(this.#database, userId);
  }

  /** An absent field stays. Throws INVALID, NOT_FOUND. */
  async set(userId: string, change: Input<PrivacyChange>): Promise<Privacy> {
    const privacy = await this.#database.transaction(async (queries) => {
      await lockAccount(queries, userId);
      const before = await read(queries, userId);
      const audience = (name: keyof Omit<Privacy, 'inDirectory'>): Audience =>
        (change[name] ?? 'unspecified') === 'unspecified' ? before[name] : (change[name] as Audience);
      const now: Privacy = {
        presence: audience('presence'),
        avatar: audience('avatar'),
        bio: audience('bio'),
        statusText: audience('statusText'),
        messages: audience('messages'),
        groups: audience('groups'),
        inDirectory: change.inDirectory ?? before.inDirectory,
      };
      for (const [name, value] of Object.entries(now))
        if (typeof value === 'string' && !['everyone', 'contacts', 'nobody'].includes(value))
          throw new ClatterError('INVALID', `${name}: want everyone, contacts or nobody, got ${value}`);
      await queries.query(
        `INSERT INTO privacy (user_id, ${PRIVACY_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (user_id) DO UPDATE SET presence = $2, avatar = $3, bio = $4, status_text = $5, messages = $6, groups = $7, in_directory = $8`,
        [userId, now.presence, now.avatar, now.bio, now.statusText, now.messages, now.groups, now.inDirectory],
      );
      await this.#outbox.put(queries, { userId, atMs: this.#clock.nowMs(), privacyChanged: { privacy: now } });
      return now;
    });
    await this.#outbox.drain();
    return privacy;
  }
}

async function read(queries: Queries, userId: string): Promise<Privacy> {
  const [row] = await queries.query<PrivacyRow>(`SELECT ${PRIVACY_COLUMNS} FROM privacy WHERE user_id = $1`, [userId]);
  return toPrivacy(row);
}
