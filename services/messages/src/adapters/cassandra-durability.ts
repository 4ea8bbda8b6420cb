/** Says where a server of Cassandra may forget what it acknowledged: the promise then is the servers' setting, not the code's. */
import type { Client } from 'cassandra-driver';

/**
 * Undefined where a write is on the server's disk before it is acknowledged, or where this user may not see the setting. Otherwise a server
 * that is killed loses what came since the last mark in its commit log, 100 ms by default, and with a power cut what came since the
 * last fsync, 10 s; what two of three copies had then is on one, and a quorum may miss it.
 */
export async function durabilityWarning(client: Client): Promise<string | undefined> {
  const query = "SELECT value FROM system_views.settings WHERE name = 'commitlog_sync'";
  const mode = await client.execute(query).then(
    ({ rows }) => rows[0]?.value as string | undefined,
    () => undefined,
  );
  if (mode !== 'periodic') return undefined;
  return 'Cassandra acknowledges before its commit log is on the disk (commitlog_sync: periodic): a server that is killed forgets its last moment; set it to batch or group';
}
