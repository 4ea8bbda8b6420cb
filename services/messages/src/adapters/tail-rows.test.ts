import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStorage, type Storage } from '@clatter/log';
import { createLogger } from '@clatter/runtime';
import { seededRandom } from '@clatter/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytes, logBatch, logRow, mutation, plain, projected } from '../contract/rows.ts';
import type { LogRow, MessageStore } from '../ports.ts';
import { createSqliteMessageStore } from './sqlite-message-store.ts';
import { TailRows } from './tail-rows.ts';

const rowsOf = (fromSeq: number, toSeq: number): LogRow[] =>
  Array.from({ length: toSeq - fromSeq + 1 }, (_, index) => logRow(fromSeq + index));
const seqs = (rows: readonly LogRow[] | undefined): number[] | undefined => rows?.map(({ seq }) => seq);

describe('the newest rows in memory', () => {
  const filled = (tails: TailRows, id: string, fromSeq: number, limit: number, rows: readonly LogRow[]): void =>
    tails.end(id, tails.begin(id, limit), fromSeq, limit, rows);

  it('answer what they hold, and nothing else', () => {
    const tails = new TailRows();
    expect(tails.newest('a', 1, 3)).toBeUndefined();
    filled(tails, 'a', 1, 3, rowsOf(8, 10));
    expect(seqs(tails.newest('a', 1, 3))).toEqual([8, 9, 10]);
    expect(seqs(tails.newest('a', 1, 2))).toEqual([9, 10]);
    expect(seqs(tails.newest('a', 9, 50))).toEqual([9, 10]);
    expect(tails.newest('a', 1, 4)).toBeUndefined();
    // Read to its beginning.
    filled(tails, 'b', 5, 50, rowsOf(5, 7));
    expect(seqs(tails.newest('b', 5, 100))).toEqual([5, 6, 7]);
    expect(tails.newest('b', 4, 100)).toBeUndefined();
    tails.forget('a');
    expect(tails.newest('a', 1, 3)).toBeUndefined();
  });

  it('keep nothing that was read while a write came to stand', () => {
    const tails = new TailRows();
    const reading = tails.begin('a', 3);
    tails.forget('a');
    tails.end('a', reading, 1, 3, rowsOf(1, 3));
    expect(tails.newest('a', 1, 3)).toBeUndefined();
    // Nor while another read began after it.
    const older = tails.begin('a', 3);
    tails.forget('a');
    const newer = tails.begin('a', 3);
    tails.end('a', older, 1, 3, rowsOf(1, 3));
    expect(tails.newest('a', 1, 3)).toBeUndefined();
    tails.end('a', newer, 1, 3, rowsOf(2, 4));
    expect(seqs(tails.newest('a', 1, 3))).toEqual([2, 3, 4]);
  });

  it('are bounded in bytes', () => {
    const tails = new TailRows(100_000);
    const rows = rowsOf(1, 10).map((row) => ({ ...row, event: new Uint8Array(1000) }));
    for (let index = 0; index < 50; index++) filled(tails, `conversation ${index}`, 1, 50, rows);
    const kept = Array.from({ length: 50 }, (_, index) => tails.newest(`conversation ${index}`, 1, 50)).filter(Boolean);
    expect(kept.length).toBeGreaterThan(3);
    expect(kept.length).toBeLessThan(8);
  });
});

describe('a store that keeps them', () => {
  let dir: string;
  let storage: Storage;
  let store: MessageStore;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'clatter-tails-'));
    storage = await openStorage({ dir, logger: createLogger({ service: 'test', level: 'silent' }) });
    store = await createSqliteMessageStore({ storage, recentRowsMax: 5 });
  });
  afterAll(async () => {
    await storage.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('shows at once whatever stands, however reads and writes fall together', async () => {
    const random = seededRandom(7);
    const id = randomUUID();
    const wanted: LogRow[] = [];
    let position = 1000;
    for (let round = 0; round < 150; round++) {
      const reads = Array.from({ length: 3 }, () => store.readRows(id, 1, Number.MAX_SAFE_INTEGER, 20, true));
      if (wanted.length > 3 && random() < 0.5) {
        // A deletion: whoever is told of it sees it.
        const row = wanted[Math.floor(random() * wanted.length)] as LogRow;
        const rewrite = { seq: row.seq, event: bytes(`blanked in ${round}`), eventPosition: 2 ** 50 + position++ };
        await store.write(projected({ rewrites: [{ conversationId: id, ...rewrite }] }));
        wanted[row.seq - 1] = { ...row, ...rewrite };
      } else {
        const row = logRow(wanted.length + 1);
        await store.write(logBatch(mutation(id, [row])));
        wanted.push(row);
      }
      for (const limit of [1, 20, 50]) {
        const newest = await store.readRows(id, 1, Number.MAX_SAFE_INTEGER, limit, true);
        expect(newest.map(plain)).toEqual(wanted.slice(-limit).map(plain));
      }
      await Promise.all(reads);
      const again = await store.readRows(id, 1, wanted.length, 20, true);
      expect(again.map(plain)).toEqual(wanted.slice(-20).map(plain));
    }
  });
});
