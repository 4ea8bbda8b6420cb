/**
 * The contacts of people. Their names are sorted as a reader's language does, by Intl.Collator and so alike on both databases: a person has
 * so few that all are read and sorted for a page (2,000: some 10 ms), and a name that changed needs no key to be written again.
 */
import type { Clock } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import type { AccountOutbox } from './account-outbox.ts';
import { type AccountRow, checkText, words } from './accounts.ts';
import { checkOther, lockAccount } from './lock-account.ts';
import type { Database } from './ports.ts';

/** Contacts of one person. */
const CONTACTS_MAX = 2000;
const NAME_MAX = 64;

export type ContactRow = AccountRow & { name: string; added_at_ms: number };

export class Contacts {
  readonly #database: Database;
  readonly #outbox: AccountOutbox;
  readonly #clock: Clock;

  constructor(parts: { database: Database; outbox: AccountOutbox; clock: Clock }) {
    this.#database = parts.database;
    this.#outbox = parts.outbox;
    this.#clock = parts.clock;
  }

  /** Adds a contact or renames it; an absent name stays. Throws INVALID, NOT_FOUND, TOO_LARGE. */
  async put(userId: string, contactId: string, name: string | undefined): Promise<ContactRow> {
    const given = name === undefined ? null : checkText('name', name.trim(), NAME_MAX);
    const row = await this.#database.transaction(async (queries) => {
      await lockAccount(queries, userId);
      await checkOther(queries, userId, contactId);
      const [all] = await queries.query<{ others: number; present: boolean }>(
        `SELECT count(*) FILTER (WHERE contact_id <> $2) AS others, coalesce(bool_or(contact_id = $2), false) AS present
         FROM contacts WHERE user_id = $1`,
        [userId, contactId],
      );
      if ((all?.others ?? 0) >= CONTACTS_MAX)
        throw new ClatterError('TOO_LARGE', `userId: one person has at most ${CONTACTS_MAX} contacts`);
      const atMs = this.#clock.nowMs();
      await queries.query(
        `INSERT INTO contacts VALUES ($1, $2, coalesce($3, ''), $4)
         ON CONFLICT (user_id, contact_id) DO UPDATE SET name = coalesce($3, contacts.name)`,
        [userId, contactId, given, atMs],
      );
      if (!all?.present) await this.#outbox.put(queries, { userId, atMs, contactChanged: { contactId } });
      const [kept] = await queries.query<ContactRow>(`${SELECT} AND c.contact_id = $2`, [userId, contactId]);
      return kept as ContactRow;
    });
    await this.#outbox.drain();
    return row;
  }

  /** Nothing happens where they are none. */
  async remove(userId: string, contactId: string): Promise<void> {
    await this.#database.transaction(async (queries) => {
      const removed = await queries.query(
        'DELETE FROM contacts WHERE user_id = $1 AND contact_id = $2 RETURNING contact_id',
        [userId, contactId],
      );
      if (removed.length > 0)
        await this.#outbox.put(queries, { userId, atMs: this.#clock.nowMs(), contactChanged: { contactId } });
    });
    await this.#outbox.drain();
  }

  /** All whose name the query fits, sorted. Throws INVALID. */
  async list(userId: string, query: string, locale: string): Promise<readonly ContactRow[]> {
    const compare = collatorOf(locale);
    const asked = words(query);
    const rows = await this.#database.query<ContactRow>(SELECT, [userId]);
    return rows
      .filter((row) => {
        const own = words(`${row.name} ${row.display_name} ${row.username}`);
        return asked.every((beginning) => own.some((word) => word.startsWith(beginning)));
      })
      .sort((a, b) => compare(shownName(a), shownName(b)) || (a.user_id < b.user_id ? -1 : 1));
  }
}

const SELECT = `SELECT a.user_id, a.username, a.password_hash, a.display_name, a.avatar_url, a.bio, a.status_text, a.created_at_ms, c.name, c.added_at_ms
  FROM contacts c JOIN accounts a ON a.user_id = c.contact_id WHERE c.user_id = $1 AND a.deleted_at_ms IS NULL`;

const shownName = ({ name, display_name: displayName }: ContactRow): string => name || displayName;

function collatorOf(locale: string): (a: string, b: string) => number {
  try {
    return new Intl.Collator(locale || 'en', { sensitivity: 'base', numeric: true }).compare;
  } catch {
    throw new ClatterError('INVALID', 'locale: want a language tag such as de or pt-BR');
  }
}
