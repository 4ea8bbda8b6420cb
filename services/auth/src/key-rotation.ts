/**
 * New keys for what is sealed, while the platform runs or not: what the secret before sealed is sealed with the new one, all personal columns with a
 * new data key, and old keys that nothing needs are dropped. A page at a time; what was killed in the middle is done by the next call.
 */
import type { DataKeys } from './data-keys.ts';
import type { Database, Queries } from './ports.ts';
import { seal, unsealWithAny } from './secrets.ts';

const PAGE = 200;
/** SQLSTATE foreign_key_violation: something is still sealed with the key. */
const IN_USE = '23503';

/** The sealed columns that are kept, and in SQL what each value is bound to. Mails that wait are sent soon. */
const COLUMNS = [
  { table: 'addresses', column: 'sealed', place: "'addresses ' || user_id || ' ' || kind" },
  { table: 'person_keys', column: 'sealed', place: "'person_keys ' || user_id" },
  { table: 'totp', column: 'secret_sealed', place: "'totp ' || user_id" },
] as const;

export interface Rotation {
  /** Data keys and signing keys that the secret before had sealed. */
  readonly keysResealed: number;
  readonly valuesResealed: number;
  readonly keysDropped: number;
  /** Old keys that something waiting needs, for the next time. */
  readonly keysKept: number;
}

export async function rotateKeys(database: Database, keys: DataKeys, secrets: readonly Buffer[]): Promise<Rotation> {
  const keysResealed = await database.transaction(
    async (queries) => (await keys.reseal(queries)) + (await resealSigningKeys(queries, secrets)),
  );
  const newest = await database.transaction((queries) => keys.rotate(queries));
  let valuesResealed = 0;
  for (const column of COLUMNS)
    for (let after: string | undefined = '00000000-0000-0000-0000-000000000000'; after !== undefined; ) {
      const from: string = after;
      const page = await database.transaction((queries) => resealPage(queries, keys, column, newest, from));
      valuesResealed += page.count;
      after = page.last;
    }
  return { keysResealed, valuesResealed, ...(await dropOldKeys(database, newest)) };
}

async function resealSigningKeys(queries: Queries, secrets: readonly Buffer[]): Promise<number> {
  const [current] = secrets as [Buffer];
  const rows = await queries.query<{ key_id: string; private_sealed: Uint8Array }>(
    'SELECT key_id, private_sealed FROM signing_keys FOR UPDATE',
  );
  let count = 0;
  for (const { key_id, private_sealed } of rows) {
    if (unsealWithAny([current], private_sealed) !== undefined) continue;
    const plain = unsealWithAny(secrets, private_sealed);
    if (plain === undefined) throw new Error(`the signing key ${key_id} was sealed with neither secret`);
    const sealed = seal(current, plain);
    await queries.query('UPDATE signing_keys SET private_sealed = $2 WHERE key_id = $1', [key_id, sealed]);
    count++;
  }
  return count;
}

/** From a person on, who may have several values. */
async function resealPage(
  queries: Queries,
  keys: DataKeys,
  { table, column, place }: (typeof COLUMNS)[number],
  newest: string,
  fromUserId: string,
): Promise<{ readonly count: number; readonly last: string | undefined }> {
  const rows = await queries.query<{ user_id: string; place: string; sealed: string }>(
    `SELECT user_id, ${place} AS place, ${column} AS sealed FROM ${table}
     WHERE user_id >= $1 AND key_id <> $2 ORDER BY user_id LIMIT ${PAGE} FOR UPDATE`,
    [fromUserId, newest],
  );
  const sealer = await keys.sealer(queries);
  for (const row of rows)
    await queries.query(`UPDATE ${table} SET ${column} = $3 WHERE user_id = $1 AND ${column} = $2`, [
      row.user_id,
      row.sealed,
      sealer(await keys.open(queries, row.sealed, row.place), row.place),
    ]);
  return { count: rows.length, last: rows.at(-1)?.user_id };
}

async function dropOldKeys(database: Database, newest: string): Promise<{ keysDropped: number; keysKept: number }> {
  const old = await database.query<{ key_id: string }>(
    `SELECT key_id FROM data_keys WHERE use = 'seal' AND key_id <> $1`,
    [newest],
  );
  let keysDropped = 0;
  for (const { key_id } of old) {
    try {
      await database.query('DELETE FROM data_keys WHERE key_id = $1', [key_id]);
      keysDropped++;
    } catch (error) {
      if ((error as { code?: string }).code !== IN_USE) throw error;
    }
  }
  return { keysDropped, keysKept: old.length - keysDropped };
}
