/**
 * The audit log: who did what to whom, when and from where. A row is written in the transaction of what it tells of, so that neither is
 * there without the other; nothing changes it, and only its age removes it. It holds ids, never a secret, a content or a name that somebody
 * typed: what was typed as a login may be a password.
 *
 * The address is personal: it is sealed with a key of the person that the row is about. When the person is erased their key is dropped, and
 * what remains of the address, in backups too, opens no more.
 */
import type { Clock } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import type { AuditAction } from './audit-actions.ts';
import type { PersonKeys } from './person-keys.ts';
import type { Queries } from './ports.ts';

/** `nobody`: whose login failed. `key`: a server key of the admin API. `operator`: who has the command line. */
type ActorKind = 'person' | 'key' | 'operator' | 'system' | 'nobody';

export interface Actor {
  readonly kind: ActorKind;
  /** Empty where the kind says it all. */
  readonly id: string;
}

export interface AuditEntry {
  readonly action: AuditAction;
  readonly actor: Actor;
  /** The person that it is about, who sees it. */
  readonly userId?: string | undefined;
  /** The id of what it was done to, such as a session or a key. */
  readonly target?: string | undefined;
  /** Where the request came from. */
  readonly address?: string | undefined;
}

export interface AuditEvent {
  readonly number: number;
  readonly atMs: number;
  readonly action: string;
  readonly actor: Actor;
  readonly userId: string | undefined;
  readonly target: string;
  /** Empty where none is known, or any more. */
  readonly address: string;
}

export interface AuditQuery {
  readonly userId?: string | undefined;
  readonly action?: string | undefined;
  /** Rows with a lower number. */
  readonly before?: number | undefined;
  readonly limit: number;
}

type AuditRow = {
  number: number;
  at_ms: number;
  action: string;
  actor_kind: ActorKind;
  actor_id: string;
  user_id: string | null;
  target: string;
  address: string;
};

const TEXT_MAX = 200;
/** Rows that are dropped in one transaction. */
const PAGE = 1000;

export const person = (userId: string): Actor => ({ kind: 'person', id: userId });
export const nobody: Actor = { kind: 'nobody', id: '' };

export class Audit {
  readonly #keys: PersonKeys;
  readonly #clock: Clock;

  constructor(keys: PersonKeys, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /** Call inside the transaction of what the entry tells of. */
  async record(queries: Queries, { action, actor, userId, target = '', address = '' }: AuditEntry): Promise<void> {
    const sealed = address === '' ? '' : await this.#keys.seal(queries, userId, address);
    await queries.query(
      `INSERT INTO audit (at_ms, action, actor_kind, actor_id, user_id, target, address)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [this.#clock.nowMs(), action, actor.kind, actor.id, userId ?? null, target.slice(0, TEXT_MAX), sealed],
    );
  }

  /** The newest first. */
  async list(queries: Queries, { userId, action, before, limit }: AuditQuery): Promise<readonly AuditEvent[]> {
    const params: (string | number)[] = [limit];
    const where = (sql: string, value: string | number | undefined): string => {
      if (value === undefined) return '';
      params.push(value);
      return `AND ${sql} $${params.length}`;
    };
    const rows = await queries.query<AuditRow>(
      `SELECT number, at_ms, action, actor_kind, actor_id, user_id, target, address FROM audit
       WHERE true ${where('user_id =', userId)} ${where('action =', action)} ${where('number <', before)}
       ORDER BY number DESC LIMIT $1`,
      params,
    );
    const open = await this.#keys.opener(queries, [...new Set(rows.map((row) => row.user_id ?? undefined))]);
    return rows.map((row) => ({
      number: row.number,
      atMs: row.at_ms,
      action: row.action,
      actor: { kind: row.actor_kind, id: row.actor_id },
      userId: row.user_id ?? undefined,
      target: row.target,
      address: row.address === '' ? '' : open(row.user_id ?? undefined, row.address),
    }));
  }

  /** Drops a page of rows that are older; returns how many. The trigger of the table lets this pass, and nothing else. */
  async forget(queries: Queries, beforeMs: number): Promise<number> {
    await queries.query("SELECT set_config('clatter.audit_before_ms', $1, true)", [String(beforeMs)]);
    const dropped = await queries.query(
      `DELETE FROM audit WHERE number IN (SELECT number FROM audit WHERE at_ms < $1 ORDER BY at_ms LIMIT ${PAGE})
       RETURNING number`,
      [beforeMs],
    );
    return dropped.length;
  }
}

/** The number that a cursor of a list names. Throws INVALID. */
export function auditCursor(cursor: string | undefined): number | undefined {
  if (!cursor) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(cursor)) throw new ClatterError('INVALID', 'cursor: want one that a page gave');
  return Number(cursor);
}
