/** What holds for the audit log on every database. */
import { ManualClock, seededIds } from '@clatter/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Audit, person } from './audit.ts';
import { forgetAudit } from './audit-retention.ts';
import { DataKeys } from './data-keys.ts';
import { migrate } from './migrations.ts';
import { PersonKeys } from './person-keys.ts';
import type { Database } from './ports.ts';

const DAY_MS = 86_400_000;

export function auditContract(
  name: string,
  open: () => Promise<{ readonly database: Database; end(): Promise<void> }>,
): void {
  describe(`audit log on ${name}`, () => {
    const clock = new ManualClock();
    const ids = seededIds(7);
    let subject: Awaited<ReturnType<typeof open>>;
    let audit: Audit;
    let keys: PersonKeys;
    beforeAll(async () => {
      subject = await open();
      await migrate(subject.database);
      const secrets = [Buffer.alloc(32, 7)];
      keys = new PersonKeys(await DataKeys.load({ database: subject.database, secrets, clock, ids }));
      audit = new Audit(keys, clock);
    }, 180_000);
    afterAll(() => subject.end());

    const record = (userId: string, address = '') =>
      subject.database.transaction((queries) =>
        audit.record(queries, { action: 'login.succeeded', actor: person(userId), userId, address }),
      );
    const list = (userId: string) => audit.list(subject.database, { userId, limit: 100 });

    it('refuses every change of what is there', async () => {
      const userId = ids.v7();
      await record(userId);
      for (const sql of [
        "UPDATE audit SET action = 'nothing'",
        'DELETE FROM audit',
        `DELETE FROM audit WHERE user_id = '${userId}'`,
        'TRUNCATE audit',
      ])
        await expect(subject.database.query(sql), sql).rejects.toMatchObject({ code: '42501' });
      expect(await list(userId)).toMatchObject([{ action: 'login.succeeded', userId }]);
    });

    it('is written with what it tells of, or not at all', async () => {
      const userId = ids.v7();
      const failed = subject.database.transaction(async (queries) => {
        await audit.record(queries, { action: 'account.deleted', actor: person(userId), userId });
        throw new Error('no');
      });
      await expect(failed).rejects.toThrow('no');
      expect(await list(userId)).toEqual([]);
    });

    it('seals addresses, each with the key of its person, also where many write at once', async () => {
      const userId = ids.v7();
      await Promise.all(Array.from({ length: 10 }, (_, index) => record(userId, `192.0.2.${index}`)));
      const shown = (await list(userId)).map(({ address }) => address);
      expect(shown.sort()).toEqual(Array.from({ length: 10 }, (_, index) => `192.0.2.${index}`));
      const raw = await subject.database.query<{ address: string }>('SELECT address FROM audit');
      expect(raw.some(({ address }) => address.includes('192'))).toBe(false);
      await subject.database.transaction((queries) => keys.drop(queries, userId));
      expect(new Set((await list(userId)).map(({ address }) => address))).toEqual(new Set(['']));
    });

    it('drops what is older than it is kept, and lets nothing else be dropped afterwards', async () => {
      const [old, young] = [ids.v7(), ids.v7()];
      await record(old);
      await clock.advance(10 * DAY_MS);
      await record(young);
      await forgetAudit(subject.database, audit, 10, clock);
      expect(await list(old)).toHaveLength(1);
      await clock.advance(1);
      await forgetAudit(subject.database, audit, 10, clock);
      expect([await list(old), await list(young)]).toMatchObject([[], [{ userId: young }]]);
      await expect(subject.database.query('DELETE FROM audit')).rejects.toMatchObject({ code: '42501' });
    });
  });
}
