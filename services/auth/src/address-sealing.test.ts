/** What earlier versions kept open, and the sealed columns as they lie in the database. */
import { join } from 'node:path';
import { createLogger } from '@clatter/runtime';
import { ManualClock, seededIds } from '@clatter/runtime/testing';
import { afterAll, expect, it } from 'vitest';
import { openPglite } from './adapters/pglite-database.ts';
import { sealOpenAddresses } from './address-sealing.ts';
import { Addresses } from './addresses.ts';
import { DataKeys } from './data-keys.ts';
import type { Database } from './ports.ts';
import { AuthUnderTest, codeOf } from './test/auth-under-test.ts';

const net = new AuthUnderTest();
afterAll(() => net.end());
const logger = createLogger({ service: 'test', level: 'silent' });

/** The database of the stopped service. */
async function inDatabase<T>(use: (database: Database) => Promise<T>): Promise<T> {
  const database = await openPglite(join(net.dataDir, 'auth', 'database'), { clock: net.clock, logger });
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

it('seals the addresses of accounts at start, all of them, and those are found as before', async () => {
  await net.start();
  const people = await Promise.all(['ada', 'grace', 'edsger'].map((name) => net.person(name)));
  await net.stop();
  await inDatabase(async (database) => {
    for (const [index, { userId }] of people.entries())
      await database.query('UPDATE accounts SET email = $2, email_lower = $3 WHERE user_id = $1', [
        userId,
        `Person.${index}@Example.org`,
        `person.${index}@example.org`,
      ]);
    // Many more than one page of them.
    await database.query(
      `INSERT INTO accounts (user_id, username, username_lower, email, email_lower, password_hash, display_name, created_at_ms)
       SELECT gen_random_uuid(), 'many' || n, 'many' || n, 'many' || n || '@example.org', 'many' || n || '@example.org', '', '', 1
       FROM generate_series(1, 250) AS n`,
    );
  });
  await net.start();
  expect((await net.login('PERSON.1@example.org')).userId).toBe(people[1]?.userId);
  expect(await codeOf(net.login('many250@example.org'))).toBe('UNAUTHENTICATED');
  await net.stop();
  await inDatabase(async (database) => {
    expect(await database.query('SELECT 1 AS one FROM accounts WHERE email IS NOT NULL')).toEqual([]);
    const rows = await database.query<{ n: number }>('SELECT count(*) AS n FROM addresses WHERE NOT verified');
    expect(rows).toEqual([{ n: 253 }]);
    const dump = JSON.stringify(await database.query('SELECT * FROM addresses'));
    expect(dump.toLowerCase()).not.toContain('example');
  });
}, 120_000);

it('opens no value in another place, and none whose key is unknown', async () => {
  await inDatabase(async (database) => {
    const parts = { database, clock: new ManualClock(), ids: seededIds(9) };
    const secret = Buffer.alloc(32, 7);
    await database.query('DELETE FROM addresses');
    await database.query('DELETE FROM data_keys');
    const keys = await DataKeys.load({ ...parts, secrets: [secret] });
    const sealed = await database.transaction(async (queries) => (await keys.sealer(queries))('a@example.org', 'here'));
    expect(await keys.open(database, sealed, 'here')).toBe('a@example.org');
    await expect(keys.open(database, sealed, 'there')).rejects.toThrow();
    await expect(keys.open(database, sealed.replace('.', '.no-'), 'here')).rejects.toThrow('no-');
    await expect(DataKeys.load({ ...parts, secrets: [Buffer.alloc(32, 8)] })).rejects.toThrow(
      'CLATTER_AUTH_KEY_SECRET_OLD',
    );
    // While the secret is replaced, and afterwards.
    const both = await DataKeys.load({ ...parts, secrets: [Buffer.alloc(32, 8), secret] });
    expect(await both.open(database, sealed, 'here')).toBe('a@example.org');
    expect(Buffer.from(both.lookup('email', 'a@example.org'))).toEqual(
      Buffer.from(keys.lookup('email', 'a@example.org')),
    );
    expect(await database.transaction((queries) => both.reseal(queries))).toBe(2);
    expect(await database.transaction((queries) => both.reseal(queries))).toBe(0);
    const after = await DataKeys.load({ ...parts, secrets: [Buffer.alloc(32, 8)] });
    expect(await after.open(database, sealed, 'here')).toBe('a@example.org');
    await expect(DataKeys.load({ ...parts, secrets: [secret] })).rejects.toThrow('another secret');
    expect(await sealOpenAddresses(database, new Addresses(after))).toBe(0);
  });
}, 60_000);
