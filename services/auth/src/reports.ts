/** Reports of people and messages, kept for the operator, and what people agreed to. */
import type { Consent, ReportRequest } from '@clatter/contracts/auth';
import type { Clock, Ids } from '@clatter/runtime';
import { ClatterError, Content, type Input } from '@clatter/wire';
import { checkText } from './accounts.ts';
import { checkOther, lockAccount } from './lock-account.ts';
import type { Database } from './ports.ts';

const DAY_MS = 86_400_000;
/** Reports of one person in a day. */
const REPORTS_PER_DAY = 50;
const NOTE_MAX = 1000;
/** Records of one person's consents: far more than there are texts to agree to. */
const CONSENTS_MAX = 500;
const REASONS: readonly unknown[] = ['spam', 'harassment', 'impersonation', 'illegal', 'other'];

export class Reports {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #ids: Ids;

  constructor(parts: { database: Database; clock: Clock; ids: Ids }) {
    this.#database = parts.database;
    this.#clock = parts.clock;
    this.#ids = parts.ids;
  }

  /** Returns the report's id. Throws INVALID, NOT_FOUND, RATE_LIMITED. */
  async add(userId: string, reportedId: string, about: Input<ReportRequest>): Promise<string> {
    const { reason = 'unspecified', note = '', conversationId, seq, content } = about;
    if (!REASONS.includes(reason))
      throw new ClatterError('INVALID', `reason: want ${REASONS.join(', ')}, got ${reason}`);
    checkText('note', note, NOTE_MAX, true);
    const now = this.#clock.nowMs();
    const reportId = this.#ids.v7();
    await this.#database.transaction(async (queries) => {
      await lockAccount(queries, userId);
      await checkOther(queries, userId, reportedId);
      const [lately] = await queries.query<{ count: number; first_ms: number | null }>(
        'SELECT count(*) AS count, min(reported_at_ms) AS first_ms FROM reports WHERE user_id = $1 AND reported_at_ms > $2',
        [userId, now - DAY_MS],
      );
      if (lately && lately.count >= REPORTS_PER_DAY)
        throw new ClatterError('RATE_LIMITED', `want at most ${REPORTS_PER_DAY} reports in a day`, {
          retryAfterMs: Math.max(1000, (lately.first_ms ?? now) + DAY_MS - now),
        });
      await queries.query('INSERT INTO reports VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)', [
        reportId,
        userId,
        reportedId,
        reason,
        note,
        conversationId ?? null,
        seq ?? null,
        content ? Content.toJson(content) : null,
        now,
      ]);
    });
    return reportId;
  }
}

type ConsentRow = { purpose: string; version: string; given: boolean; at_ms: number };

export class Consents {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(parts: { database: Database; clock: Clock }) {
    this.#database = parts.database;
    this.#clock = parts.clock;
  }

  /** Keeps each change beside those before. Throws INVALID, NOT_FOUND, TOO_LARGE. */
  async record(userId: string, wanted: Omit<Consent, 'atMs'>): Promise<Consent> {
    const { purpose, version, given } = wanted;
    if (!/^[a-z0-9._-]{1,64}$/.test(purpose))
      throw new ClatterError('INVALID', "purpose: want 1 to 64 of a–z, 0–9, '.', '_' and '-'");
    if (version === '') throw new ClatterError('INVALID', 'version: want 1 to 64 characters, got none');
    checkText('version', version, 64);
    const atMs = this.#clock.nowMs();
    await this.#database.transaction(async (queries) => {
      await lockAccount(queries, userId);
      const rows = await queries.query('SELECT 1 AS one FROM consents WHERE user_id = $1', [userId]);
      if (rows.length >= CONSENTS_MAX)
        throw new ClatterError('TOO_LARGE', `consents: want at most ${CONSENTS_MAX} records of one person`);
      await queries.query(
        'INSERT INTO consents (user_id, purpose, version, given, at_ms) VALUES ($1, $2, $3, $4, $5)',
        [userId, purpose, version, given, atMs],
      );
    });
    return { purpose, version, given, atMs };
  }

  /** The newest first. */
  async list(userId: string): Promise<Consent[]> {
    const rows = await this.#database.query<ConsentRow>(
      'SELECT purpose, version, given, at_ms FROM consents WHERE user_id = $1 ORDER BY number DESC',
      [userId],
    );
    return rows.map(({ purpose, version, given, at_ms: atMs }) => ({ purpose, version, given, atMs }));
  }
}
