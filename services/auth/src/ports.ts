/**
 * The Database port: SQL with `$1` parameters, the same text on PostgreSQL and on PGlite. Passes database.contract.ts.
 *
 * Promises: a resolved transaction is kept over a killed process (what a power cut leaves: docs/durability.md); statements of one
 * transaction see each other and nothing half done of others; a rejected one left nothing. Columns are text, uuid, boolean, bytea and
 * bigint; a bigint comes back as a number.
 */
export type SqlParam = string | number | boolean | null | Uint8Array | readonly string[];

export type SqlRow = Readonly<Record<string, unknown>>;

export interface Queries {
  query<T extends SqlRow>(sql: string, params?: readonly SqlParam[]): Promise<readonly T[]>;
}

export interface Database extends Queries {
  transaction<T>(run: (queries: Queries) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Whether an error is PostgreSQL's unique_violation (SQLSTATE 23505). */
export const isUniqueViolation = (error: unknown): boolean => (error as { code?: string })?.code === '23505';
