/** A transaction on one connection, as every Database promises it. */
import type { Queries, SqlParam, SqlRow } from '../ports.ts';

/**
 * A statement that failed fails the transaction, whatever `run` makes of that; one after its end throws.
 * @param rollBack undoes it, and resolves with what to throw. It gets what `run` threw, and the first statement that failed, where one did.
 */
export async function runTransaction<T>(
  query: Queries['query'],
  run: (queries: Queries) => Promise<T>,
  rollBack: (error: unknown, failed: { readonly error: unknown } | undefined) => Promise<unknown>,
): Promise<T> {
  await query('BEGIN');
  let failed: { readonly error: unknown } | undefined;
  let over = false;
  const queries: Queries = {
    async query<R extends SqlRow>(sql: string, params?: readonly SqlParam[]) {
      if (over) throw new Error('a transaction was used after its end');
      try {
        return await query<R>(sql, params);
      } catch (error) {
        failed ??= { error };
        throw error;
      }
    },
  };
  try {
    const result = await run(queries);
    over = true;
    if (failed) throw failed.error;
    await query('COMMIT');
    return result;
  } catch (error) {
    over = true;
    throw await rollBack(error, failed);
  }
}
