/** Inboxes of all sizes on a real server: small ones are read whole, of large ones the places first. */
import { randomUUID } from 'node:crypto';
import { directConversationId } from '@clatter/runtime';
import { seededIds, seededRandom } from '@clatter/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inboxRow, projected } from '../contract/rows.ts';
import type { InboxRow, MessageStore } from '../ports.ts';
import { type CassandraUnderTest, cassandraUnderTest } from './cassandra-under-test.ts';

let cassandra: CassandraUnderTest;
let store: MessageStore;

beforeAll(async () => {
  cassandra = await cassandraUnderTest();
  store = await cassandra.open();
});
afterAll(async () => {
  await store.close();
  await cassandra.drop();
});

/** Direct conversations and groups, whose ids are UUIDs of two versions; many were changed at the same time. */
async function inboxOf(userId: string, count: number): Promise<InboxRow[]> {
  const [random, ids] = [seededRandom(count), seededIds(count)];
  const rows = Array.from({ length: count }, (_, i) =>
    inboxRow({
      userId,
      conversationId: i % 2 === 0 ? directConversationId(userId, ids.v7()) : ids.v7(),
      changedAtMs: 1_800_000_000_000 + Math.floor(random() * (count / 3)),
      storedAtMs: 1_800_000_000_000 + i,
    }),
  );
  for (let from = 0; from < count; from += 400) await store.write(projected({ inbox: rows.slice(from, from + 400) }));
  return rows;
}

const newestFirst = (a: InboxRow, b: InboxRow): number =>
  b.changedAtMs - a.changedAtMs || (a.conversationId < b.conversationId ? 1 : -1);

describe('an inbox', () => {
  it.each([499, 500, 501, 502, 1300])('of %i rows is read in pages, newest first', async (count) => {
    const userId = randomUUID();
    const rows = (await inboxOf(userId, count)).sort(newestFirst);
    const read: InboxRow[] = [];
    for (let below: InboxRow | undefined; ; below = read.at(-1)) {
      const page = await store.readInbox(userId, below, 100);
      read.push(...page);
      if (page.length < 100) break;
    }
    expect(read).toEqual(rows);
    expect(await store.readInbox(userId, undefined, count)).toEqual(rows);
  });

  it('is found by the time it was stored, in the order of the ids as text', async () => {
    const userId = randomUUID();
    const rows = (await inboxOf(userId, 600)).filter(({ storedAtMs }) => storedAtMs >= 1_800_000_000_200);
    rows.sort((a, b) => (a.conversationId < b.conversationId ? -1 : 1));
    const read: InboxRow[] = [];
    for (let after = ''; ; after = read.at(-1)?.conversationId as string) {
      const page = await store.readInboxStored(userId, 1_800_000_000_200, after, 70);
      read.push(...page);
      if (page.length < 70) break;
    }
    expect(read).toEqual(rows);
  });

  it('that changes while it is read is never short of a row that stays where it is', async () => {
    const userId = randomUUID();
    const rows = await inboxOf(userId, 900);
    const still = new Set(rows.slice(100).map(({ conversationId }) => conversationId));
    let writing = true;
    const bump = async (): Promise<void> => {
      for (let round = 1; writing; round++) {
        const changedAtMs = 1_900_000_000_000 + round;
        const bumped = rows.slice(0, 100).map((row) => ({ ...row, changedAtMs, position: row.position + round }));
        await store.write(projected({ inbox: bumped }));
      }
    };
    const writer = bump();
    const seen = new Set<string>();
    for (let below: InboxRow | undefined; ; ) {
      const page = await store.readInbox(userId, below, 90);
      for (const { conversationId } of page) seen.add(conversationId);
      below = page.at(-1);
      if (page.length < 90) break;
    }
    writing = false;
    await writer;
    expect([...still].filter((id) => !seen.has(id))).toEqual([]);
  });
});
