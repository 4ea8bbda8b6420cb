import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStorage, type SqlValue, type Storage } from '@clatter/log';
import { createLogger } from '@clatter/runtime';
import { describe, expect, it } from 'vitest';
import { bytes, logBatch, logRow, mutation, plain, type StoreUnderTest } from '../contract/rows.ts';
import { DEFAULT_DETAILS, decodeDetails } from '../conversation-details.ts';
import { messageStoreContract } from '../message-store.contract.ts';
import type { LogRow, MessageStore } from '../ports.ts';
import { createSqliteMessageStore } from './sqlite-message-store.ts';
import { SQLITE_TABLES } from './sqlite-tables.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

const openSubject = (recentRowsMax?: number) => async (): Promise<StoreUnderTest> => {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-store-'));
  let storage: Storage;
  let store: MessageStore;
  const start = async (): Promise<void> => {
    storage = await openStorage({ dir, logger });
    store = await createSqliteMessageStore({ storage, ...(recentRowsMax !== undefined && { recentRowsMax }) });
  };
  const stop = async (): Promise<void> => {
    await store.close();
    await storage.close();
  };
  await start();
  return {
    get store() {
      return store;
    },
    async reopen() {
      await stop();
      await start();
    },
    async end() {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

messageStoreContract('SQLite', openSubject());
// Entries of the index come late, or nearly at once: nobody may tell.
messageStoreContract('SQLite, indexed in small steps', openSubject(2));

it('reads what was written before groups had settings', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-store-'));
  const storage = await openStorage({ dir, logger });
  await storage.migrate('messages', SQLITE_TABLES.slice(0, 1));
  const write = (sql: string, ...params: SqlValue[]): Promise<void> =>
    storage.write([{ statement: storage.statement(sql), params }]);
  await write(`INSERT INTO conversations VALUES ('c', 'group', 'Old', '', 1, 2, 3, 40)`);
  await write(`INSERT INTO members VALUES ('c', 'alice', 'member', 7, 0, 40)`);
  await write(`INSERT INTO inbox VALUES ('alice', 'c', 'group', '', 7, 0, 5, 40, 6)`);
  const store = await createSqliteMessageStore({ storage });
  const [row] = await store.readConversations(['c']);
  expect(row).toMatchObject({ title: 'Old', position: 40 });
  expect(decodeDetails(row?.details as Uint8Array)).toEqual(DEFAULT_DETAILS);
  const member = {
    role: 'member',
    joinedSeq: 7,
    visibleFromSeq: 7,
    removedSeq: 0,
    banned: false,
    mentionSeqs: [],
    position: 40,
  };
  expect(await store.readMember('c', 'alice')).toEqual({ userId: 'alice', ...member });
  expect(await store.readInboxRow('alice', 'c')).toMatchObject({ joinedSeq: 7, visibleFromSeq: 7, storedAtMs: 6 });
  await storage.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('the process is killed', () => {
  it('between rows and their entries in the index: all that stood is found', async () => {
    const root = mkdtempSync(join(tmpdir(), 'clatter-store-'));
    const conversations = Array.from({ length: 5 }, () => ({ id: randomUUID(), rows: [] as LogRow[] }));
    const open = async (life: number): Promise<[Storage, MessageStore]> => {
      const storage = await openStorage({ dir: join(root, `${life}`), logger });
      return [storage, await createSqliteMessageStore({ storage, recentRowsMax: 7 })];
    };
    const left: Storage[] = [];
    for (let life = 0, written = 0; life < 6; life++) {
      const [storage, store] = await open(life);
      left.push(storage);
      for (const { id, rows } of conversations) {
        expect((await store.readRows(id, 1, 1000, 1000, false)).map(plain)).toEqual(rows.map(plain));
        expect((await store.readHeads([id]))[0]?.seq).toBe(rows.at(-1)?.seq);
        for (const row of rows)
          expect(plain(await store.findCommand(id, row.senderId, row.commandId, 0))).toEqual(plain(row));
      }
      for (const count = written + 20; written < count; written++) {
        const { id, rows } = conversations[written % 5] as (typeof conversations)[0];
        const row = logRow(rows.length + 1);
        const before = rows.at(-3);
        const rewrites = before ? [{ seq: before.seq, event: bytes(`${written}`), eventPosition: row.position }] : [];
        await store.write(logBatch(mutation(id, [...rows.slice(-2), row], { rewrites })));
        if (before) rows[before.seq - 1] = { ...before, ...rewrites[0] };
        rows.push(row);
      }
      for (const file of ['clatter.db', 'clatter.db-wal'])
        cpSync(join(root, `${life}`, file), join(root, `${life + 1}`, file));
    }
    for (const storage of left) await storage.close();
    rmSync(root, { recursive: true, force: true });
  });
});
