/** Drops what the audit log has kept long enough: a page at a time, each in a transaction of its own. */
import type { Clock } from '@clatter/runtime';
import type { Audit } from './audit.ts';
import type { Database } from './ports.ts';

const DAY_MS = 86_400_000;

export async function forgetAudit(database: Database, audit: Audit, days: number, clock: Clock): Promise<void> {
  const beforeMs = clock.nowMs() - days * DAY_MS;
  while ((await database.transaction((queries) => audit.forget(queries, beforeMs))) > 0);
}
