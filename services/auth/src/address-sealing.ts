/**
 * Seals what lies open: the e-mail addresses that accounts had as they are, before there were data keys. A page at a time, each in a
 * transaction of its own, so it goes on where a process that was killed left it; several processes share the work.
 */
import type { Addresses } from './addresses.ts';
import type { Database, Queries } from './ports.ts';

const PAGE = 200;

/** Returns how many were sealed. Those that an older process still writes are sealed by the next call. */
export async function sealOpenAddresses(database: Database, addresses: Addresses): Promise<number> {
  let count = 0;
  for (;;) {
    const sealed = await database.transaction((queries) => sealPage(queries, addresses));
    count += sealed;
    if (sealed < PAGE) return count;
  }
}

async function sealPage(queries: Queries, addresses: Addresses): Promise<number> {
  const rows = await queries.query<{ user_id: string; email: string; created_at_ms: number }>(
    `SELECT user_id, email, created_at_ms FROM accounts WHERE email_lower IS NOT NULL
     ORDER BY email_lower LIMIT ${PAGE} FOR UPDATE SKIP LOCKED`,
  );
  await addresses.claim(
    queries,
    rows.map((row) => ({ userId: row.user_id, kind: 'email', text: row.email, createdAtMs: row.created_at_ms })),
  );
  await queries.query('UPDATE accounts SET email = NULL, email_lower = NULL WHERE user_id = ANY($1::uuid[])', [
    rows.map((row) => row.user_id),
  ]);
  return rows.length;
}
