/** Pages of everything that is large: each fits a frame, and nothing is left out. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoredEvent } from '@clatter/contracts/messages';
import { openStorage, type Storage } from '@clatter/log';
import { createLogger } from '@clatter/runtime';
import { Event, History, type HistoryPage, ServerFrame, Sync, type SyncPage } from '@clatter/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSqliteMessageStore } from './adapters/sqlite-message-store.ts';
import {
  conversationRow,
  inboxRow,
  logBatch,
  logRow,
  memberRow,
  mutation,
  projected,
  receiptRow,
} from './contract/rows.ts';
import { readHistory } from './history.ts';
import { listConversations } from './inbox.ts';
import type { MessageStore } from './ports.ts';
import { syncPage } from './sync.ts';

const FRAME_BYTES_MAX = 1024 * 1024;
const NOW_MS = 1_900_000_000_000;

let dir: string;
let storage: Storage;
let store: MessageStore;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'clatter-pages-'));
  storage = await openStorage({ dir, logger: createLogger({ service: 'test', level: 'silent' }) });
  store = await createSqliteMessageStore({ storage });
});
afterAll(async () => {
  await storage.close();
  rmSync(dir, { recursive: true, force: true });
});

interface Talk {
  readonly userId: string;
  readonly count: number;
  readonly body?: string;
  readonly lastMs?: number;
  readonly storedAtMs?: number;
  readonly receipts?: number;
}

/** A conversation of `userId` with so many messages; the last at `lastMs`. */
async function talk({
  userId,
  count,
  body = 'hi',
  lastMs = NOW_MS,
  storedAtMs = lastMs,
  receipts = 0,
}: Talk): Promise<string> {
  const conversationId = randomUUID();
  const rows = Array.from({ length: count }, (_, i) => {
    const sentAtMs = lastMs - (count - i - 1);
    const message = { messageId: randomUUID(), content: { text: { body } } };
    const event = Event.create({ conversationId, seq: i + 1, messageNo: i + 1, senderId: userId, sentAtMs });
    return logRow(i + 1, { sentAtMs, event: StoredEvent.encode({ event: { ...event, message }, reactions: [] }) });
  });
  await store.write(logBatch(mutation(conversationId, rows)));
  await store.write(
    projected({
      conversations: [conversationRow({ conversationId, memberCount: Math.max(2, receipts) })],
      members: [memberRow({ conversationId, userId })],
      inbox: [inboxRow({ userId, conversationId, changedAtMs: lastMs - 30_000, storedAtMs })],
      receipts: Array.from({ length: receipts }, () => receiptRow({ conversationId })),
    }),
  );
  return conversationId;
}

/** What a frame costs in the subprotocol that needs more. */
const jsonBytes = (frame: Partial<ServerFrame>): number => {
  const created = ServerFrame.create({ ref: 2 ** 32 - 1, ...frame });
  expect(ServerFrame.encode(created).length).toBeLessThanOrEqual(FRAME_BYTES_MAX);
  return Buffer.byteLength(ServerFrame.toJson(created));
};

async function syncAll(userId: string, asked: Partial<Sync> = {}): Promise<SyncPage[]> {
  const pages: SyncPage[] = [];
  for (let { cursor } = asked; pages.length < 1000; ) {
    const page = await syncPage(
      store,
      userId,
      Sync.create({ ...asked, ...(cursor !== undefined && { cursor }) }),
      NOW_MS,
    );
    expect(jsonBytes({ syncPage: page })).toBeLessThanOrEqual(FRAME_BYTES_MAX);
    pages.push(page);
    cursor = page.cursor;
    if (page.done) break;
  }
  return pages;
}

const idsOf = (pages: readonly SyncPage[]): (string | undefined)[] =>
  pages.flatMap(({ conversations }) => conversations.map(({ conversation }) => conversation?.conversationId));
const seqsOf = ({ events }: { readonly events: readonly Event[] }): number[] => events.map(({ seq }) => seq);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** 16 KiB of UTF-8 each: as it is, and as JSON cannot but make it six times as long. */
describe.each([
  ['letters', 'x'.repeat(16_384)],
  ['control characters', '\u0001'.repeat(16_384)],
])('a history of 100 messages of 16 KiB of %s', (_, body) => {
  const userId = randomUUID();
  let conversationId: string;
  beforeAll(async () => {
    conversationId = await talk({ userId, count: 100, body });
  });
  const read = async (asked: Partial<History>): Promise<HistoryPage> => {
    const page = await readHistory(store, userId, History.create({ conversationId, limit: 100, ...asked }), NOW_MS);
    expect(jsonBytes({ historyPage: page })).toBeLessThanOrEqual(FRAME_BYTES_MAX);
    expect(page.events.length).toBeGreaterThan(0);
    return page;
  };

  it('is read upwards', async () => {
    const seqs: number[] = [];
    for (let more = true; more; ) {
      const page = await read({ afterSeq: seqs.at(-1) ?? 0 });
      seqs.push(...seqsOf(page));
      more = page.hasMore;
    }
    expect(seqs).toEqual(upTo(100));
  });

  it('is read downwards', async () => {
    const newest = await read({});
    const seqs = seqsOf(newest);
    for (let more = newest.hasMore; more; ) {
      const page = await read({ beforeSeq: seqs[0] as number });
      seqs.unshift(...seqsOf(page));
      more = page.hasMore;
    }
    expect(seqs).toEqual(upTo(100));
  });

  it('is read around a place, without a gap', async () => {
    const page = await read({ aroundSeq: 50 });
    const seqs = seqsOf(page);
    expect(page.hasMore).toBe(true);
    expect(seqs).toContain(50);
    expect(seqs).toContain(49);
    expect(seqs).toEqual(upTo(100).slice((seqs[0] as number) - 1, seqs.at(-1)));
  });

  it('is synced to its end', async () => {
    const pages = await syncAll(userId);
    const seqs = seqsOf(pages[0]?.conversations[0] as { events: Event[] });
    expect(seqs).toEqual(upTo(100).slice((seqs[0] as number) - 1));
    expect(seqs.length).toBeGreaterThan(5);
  });

  it('shares a sync with others, and loses none of what would fit a page', async () => {
    const person = randomUUID();
    const talks = [];
    for (let i = 0; i < 6; i++) talks.push(await talk({ userId: person, count: 5, body, lastMs: NOW_MS - i * 1000 }));
    const pages = await syncAll(person);
    expect(idsOf(pages)).toEqual(talks);
    for (const item of pages.flatMap(({ conversations }) => conversations)) expect(seqsOf(item)).toEqual(upTo(5));
  });

  it('is the last message of 100 conversations of a list', async () => {
    const person = randomUUID();
    const talks = [];
    for (let i = 0; i < 100; i++) talks.push(await talk({ userId: person, count: 1, body, lastMs: NOW_MS - i * 1000 }));
    const listed: (string | undefined)[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await listConversations(store, person, { limit: 100, cursor }, NOW_MS);
      expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(FRAME_BYTES_MAX);
      listed.push(...page.items.map(({ conversation }) => conversation?.conversationId));
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    expect(listed).toEqual(talks);
    expect(idsOf(await syncAll(person))).toEqual(talks);
  });
});

describe('a sync', () => {
  it('of 60 conversations with 500 receipts each takes pages, and brings all of them', async () => {
    const userId = randomUUID();
    const talks = [];
    for (let i = 0; i < 60; i++) talks.push(await talk({ userId, count: 2, receipts: 500, lastMs: NOW_MS - i * 1000 }));
    const pages = await syncAll(userId);
    expect(pages.length).toBeGreaterThan(3);
    expect(idsOf(pages)).toEqual(talks);
    for (const item of pages.flatMap(({ conversations }) => conversations)) expect(item.receipts).toHaveLength(500);
  });

  // A conversation whose event was stored more than five minutes after its append, while a member was away, was missed by the cursor.
  it('by a cursor finds what was stored late, in pages', async () => {
    const userId = randomUUID();
    const [cursor] = [(await syncAll(userId)).at(-1)?.cursor as string];
    const longAgoMs = NOW_MS - 3_600_000;
    const old = await talk({ userId, count: 1, lastMs: longAgoMs, storedAtMs: longAgoMs });
    const late = [];
    for (let i = 0; i < 120; i++)
      late.push(await talk({ userId, count: 3, lastMs: longAgoMs + i, storedAtMs: NOW_MS }));
    const live = await talk({ userId, count: 1 });
    const pages = await syncAll(userId, { cursor });
    expect(idsOf(pages)).toEqual([live, ...late.toSorted()]);
    // What is told as known comes once, and what did not change not at all.
    const known = [late[0], old].map((conversationId) => ({ conversationId: conversationId as string, seq: 1 }));
    expect(idsOf(await syncAll(userId, { cursor, known }))).toEqual([live, ...late.toSorted()]);
  });

  it('reaches back six minutes before it began', async () => {
    const userId = randomUUID();
    const { cursor } = (await syncAll(userId)).at(-1) as SyncPage;
    const early = NOW_MS - 6 * 60_000;
    const longAgoMs = NOW_MS - 3_600_000;
    const [byLog, byStore] = [
      await talk({ userId, count: 1, lastMs: early, storedAtMs: longAgoMs }),
      await talk({ userId, count: 1, lastMs: longAgoMs, storedAtMs: early }),
    ];
    await talk({ userId, count: 1, lastMs: early - 1, storedAtMs: early - 1 });
    expect(idsOf(await syncAll(userId, { cursor }))).toEqual([byLog, byStore]);
  });
});
