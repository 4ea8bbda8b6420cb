/**
 * What every adapter of the Database port passes: the promises of ports.ts. An adapter's test gives a function that opens a database of its own,
 * empty, once for all tests.
 */
import { ClatterError } from '@clatter/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, isUniqueViolation, type Queries } from './ports.ts';

export interface DatabaseUnderTest {
  readonly database: Database;
  /** Closes and opens again. */
  restart(): Promise<void>;
  /** What a kill leaves, opened again. */
  crash(): Promise<void>;
  end(): Promise<void>;
}

export function databaseContract(name: string, open: () => Promise<DatabaseUnderTest>): void {
  describe(`Database contract: ${name}`, () => {
    let subject: DatabaseUnderTest;
    beforeAll(async () => {
      subject = await open();
      await subject.database.query(`
        CREATE TABLE things (id bigint PRIMARY KEY, label text, owner uuid, bytes bytea, flag boolean, CONSTRAINT things_label UNIQUE (label));
        CREATE TABLE counters (id bigint PRIMARY KEY, value bigint NOT NULL);`);
    }, 180_000);
    afterAll(() => subject.end());

    const insert = (queries: Queries, id: number, label: string | null = null) =>
      queries.query('INSERT INTO things (id, label) VALUES ($1, $2)', [id, label]);
    const ids = async (from: number, to: number): Promise<number[]> =>
      (
        await subject.database.query<{ id: number }>('SELECT id FROM things WHERE id BETWEEN $1 AND $2 ORDER BY id', [
          from,
          to,
        ])
      ).map(({ id }) => id);

    it('gives back what it was given, each type as it is promised', async () => {
      const row = {
        id: Number.MAX_SAFE_INTEGER,
        label: 'e\u0301 🦊 \u202e \\ \' " $1',
        owner: '01890000-0000-7000-8000-00000000000a',
        bytes: new Uint8Array([0, 1, 92, 255]),
        flag: false,
      };
      const [kept] = await subject.database.query('INSERT INTO things VALUES ($1, $2, $3, $4, $5) RETURNING *', [
        row.id,
        row.label,
        row.owner,
        row.bytes,
        row.flag,
      ]);
      expect(kept).toEqual(row);
      expect(kept?.bytes).toBeInstanceOf(Uint8Array);
      const [empty] = await subject.database.query('INSERT INTO things VALUES ($1, $2, NULL, $3, NULL) RETURNING *', [
        -1,
        '',
        new Uint8Array(0),
      ]);
      expect(empty).toEqual({ id: -1, label: '', owner: null, bytes: new Uint8Array(0), flag: null });
      expect(
        await subject.database.query('SELECT count(*) AS n FROM things WHERE id = ANY($1::bigint[])', [['-1', '5']]),
      ).toEqual([{ n: 1 }]);
    });

    it('keeps a transaction whole, and nothing of one that was rejected', async () => {
      const answer = await subject.database.transaction(async (queries) => {
        await insert(queries, 10);
        await insert(queries, 11);
        expect(await queries.query('SELECT id FROM things WHERE id IN (10, 11)')).toHaveLength(2);
        return 'done';
      });
      expect(answer).toBe('done');
      const refused = subject.database.transaction(async (queries) => {
        await insert(queries, 12);
        throw new Error('no');
      });
      await expect(refused).rejects.toThrow('no');
      expect(await ids(10, 19)).toEqual([10, 11]);
    });

    it('fails a transaction of which a statement failed, even where that was swallowed', async () => {
      const swallowed = subject.database.transaction(async (queries) => {
        await insert(queries, 20);
        await insert(queries, 20).catch(() => undefined);
      });
      await expect(swallowed).rejects.toMatchObject({ code: '23505' });
      expect(await ids(20, 29)).toEqual([]);
    });

    it('refuses the queries of a transaction that is over', async () => {
      let kept: Queries | undefined;
      await subject.database.transaction(async (queries) => {
        kept = queries;
      });
      await expect(insert(kept as Queries, 30)).rejects.toThrow('after its end');
      expect(await ids(30, 39)).toEqual([]);
    });

    it('lets none of 50 transactions at once come between another', async () => {
      await subject.database.query('INSERT INTO counters VALUES (1, 0)');
      const add = () =>
        subject.database.transaction(async (queries) => {
          const [row] = await queries.query<{ value: number }>('SELECT value FROM counters WHERE id = 1 FOR UPDATE');
          await queries.query('UPDATE counters SET value = $1 WHERE id = 1', [(row?.value ?? 0) + 1]);
        });
      await Promise.all(Array.from({ length: 50 }, add));
      expect(await subject.database.query('SELECT value FROM counters')).toEqual([{ value: 50 }]);
    });

    it('says which constraint was broken and what was wrong with a statement, and goes on', async () => {
      await insert(subject.database, 40, 'one');
      const error = await insert(subject.database, 41, 'one').catch((caught: unknown) => caught);
      expect(isUniqueViolation(error)).toBe(true);
      expect(isUniqueViolation(error, 'things_label')).toBe(true);
      expect(isUniqueViolation(error, 'things_pkey')).toBe(false);
      const wrong = await subject.database.query('SELECT nothing FROM nowhere').catch((caught: unknown) => caught);
      expect(wrong).toMatchObject({ code: '42P01' });
      expect(wrong).not.toBeInstanceOf(ClatterError);
      expect(await ids(40, 49)).toEqual([40]);
      expect(subject.database.health()).toEqual({ ok: true, reason: '' });
    });

    it('keeps everything over a restart', async () => {
      await insert(subject.database, 50);
      const before = subject.database;
      await subject.restart();
      expect(await ids(50, 59)).toEqual([50]);
      await expect(before.query('SELECT 1')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    });

    it('keeps what was resolved over a kill, and nothing of what was under way', async () => {
      await insert(subject.database, 60);
      await subject.database.transaction((queries) => insert(queries, 61));
      let inserted = (): void => undefined;
      let release = (): void => undefined;
      const underWay = new Promise<void>((resolve) => {
        inserted = resolve;
      });
      const wait = new Promise<void>((resolve) => {
        release = resolve;
      });
      const half = subject.database.transaction(async (queries) => {
        await insert(queries, 62);
        inserted();
        await wait;
      });
      await underWay;
      await subject.crash();
      expect(await ids(60, 69)).toEqual([60, 61]);
      release();
      await half.catch(() => undefined);
    });
  });
}
