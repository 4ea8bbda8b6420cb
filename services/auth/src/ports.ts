/**
 * The ports of auth.
 *
 * Database: SQL with `$1` parameters, the same text on PostgreSQL and on PGlite. Passes database.contract.ts.
 *
 * What an adapter promises:
 * - What a resolved call changed is kept over a killed process and, as far as the disk tells the truth about fsync, a power cut. One that
 *   was rejected left nothing; where the database went away at the commit itself (UNAVAILABLE), it may have been kept.
 * - The statements of a transaction see each other, and nothing of others that is not committed. A statement that failed fails its
 *   transaction, whether `run` heeds it or not. Inside `run` only its own queries are used: others may wait for its end.
 * - A statement that the database refuses rejects with `code`, its SQLSTATE, and `constraint` where one was broken. A database that is away, full or
 *   behind rejects with a ClatterError UNAVAILABLE; it is there again by itself.
 * - Columns are text, uuid, boolean, bytea and bigint; a bigint comes back as a number, a bytea as a Uint8Array.
 */
export type SqlParam = string | number | boolean | null | Uint8Array | readonly string[];

export type SqlRow = Readonly<Record<string, unknown>>;

export interface Queries {
  /** Without parameters it may be several statements. */
  query<T extends SqlRow>(sql: string, params?: readonly SqlParam[]): Promise<readonly T[]>;
}

export interface Database extends Queries {
  /** Runs one transaction: committed when `run` resolves, undone when it rejects. Its queries end with it. */
  transaction<T>(run: (queries: Queries) => Promise<T>): Promise<T>;
  /** Whether it answers now, as far as is known. */
  health(): { readonly ok: boolean; readonly reason: string };
  /** Finishes what was asked for; later calls are UNAVAILABLE. */
  close(): Promise<void>;
}

/** Whether an error is PostgreSQL's unique_violation (SQLSTATE 23505), of that constraint where one is named. */
export const isUniqueViolation = (error: unknown, constraint?: string): boolean => {
  const refused = error as { code?: string; constraint?: string } | undefined;
  return refused?.code === '23505' && (constraint === undefined || refused.constraint === constraint);
};

export interface Mail {
  /** One address, without control characters. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/**
 * Sends mails. Resolves when somebody else has taken over the responsibility; rejects with Undeliverable where another try is in vain, and with
 * anything else where it is not. Gives up by itself after a while.
 */
export interface MailSender {
  send(mail: Mail): Promise<void>;
  close(): Promise<void>;
}

/** Sends text messages, and promises the same. */
export interface SmsSender {
  /** @param to a number as E.164 has it */
  send(to: string, text: string): Promise<void>;
}

/** It was refused for good: the address is none, or takes nothing. */
export class Undeliverable extends Error {
  override readonly name = 'Undeliverable';
}
