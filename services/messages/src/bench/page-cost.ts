/** What the newest page of a conversation costs, and how much of it a cache of rows would save: the rows may be in memory or not, the rest stays. */
import { randomUUID } from 'node:crypto';
import { Command } from '@clatter/contracts/messages';
import type { Clock } from '@clatter/runtime';
import { BatchWrites } from '../batch-writes.ts';
import { coalesced } from '../coalesced-reads.ts';
import { emptyConversation } from '../conversation.ts';
import { ConversationBatch } from '../conversation-batch.ts';
import { BUCKET_SEQS, type LogRow, type MessageStore } from '../ports.ts';
import { messagesRpc } from '../rpc.ts';

const START_MS = 1_800_000_000_000;

/** A group of twenty in which 3,000 messages were sent, every tenth with a reaction. */
export async function busyGroup(store: MessageStore): Promise<{ conversationId: string; userId: string }> {
  const conversationId = randomUUID();
  const [userId, ...others] = Array.from({ length: 20 }, () => randomUUID()) as [string, ...string[]];
  const bodies: object[] = [{ create: { kind: 'group', title: 'busy', memberIds: others } }];
  for (let seq = 2; bodies.length < 3300; seq = bodies.length + 1) {
    bodies.push({
      send: { content: { text: { body: 'a message of about sixty bytes, as people write them, mostly' } } },
    });
    if (seq % 11 === 0) bodies.push({ react: { seq, emoji: '👍' } });
  }
  const loaded = { state: emptyConversation(conversationId), replayUntil: -1, rows: new Map(), inboxesStoredAtMs: 0 };
  const batch = new ConversationBatch(loaded, store, BUCKET_SEQS);
  for (const [position, body] of bodies.entries()) {
    const fields = { conversationId, senderId: userId, commandId: randomUUID(), receivedAtMs: START_MS + position };
    const command = Command.decode(Command.encode({ ...fields, ...body }));
    await batch.take({ command, position, timestampMs: START_MS + position });
  }
  const writes = new BatchWrites([batch], { partition: 1, logId: 'log', epoch: 0, nextOffset: bodies.length });
  for (const earlier of writes.earlier) await store.write(earlier);
  await store.write(writes.last(START_MS));
  return { conversationId, userId };
}

export interface PageFigures {
  /** Of one page after another, and of so many at a time for the same conversation. */
  readonly oneMs: number;
  readonly burstMs: number;
  readonly cpuUs: number;
}

/** As the store is; with a cache of rows that always hits, and needs the head to know that it may; and with reads that are shared. */
export const ways = ['as it is', 'rows cached, by head', 'shared'] as const;

export async function pageCost(
  store: MessageStore,
  clock: Clock,
  way: (typeof ways)[number],
  asked: { readonly userId: string; readonly conversationId: string; readonly pages: number; readonly burst: number },
): Promise<PageFigures> {
  const { userId, conversationId, pages, burst } = asked;
  const cached = new Map<string, readonly LogRow[]>();
  const readRows: MessageStore['readRows'] = async (...rows) => {
    // What makes such a cache exact: each change of a row is an event too.
    const [head] = await store.readHeads([conversationId]);
    const key = `${head?.seq} ${rows.join(' ')}`;
    const found = cached.get(key) ?? (await store.readRows(...rows));
    cached.set(key, found);
    return found;
  };
  const of = {
    'as it is': store,
    'rows cached, by head': { ...store, readRows },
    shared: coalesced(store, { add: () => undefined }),
  }[way];
  const messages = messagesRpc(of, clock);
  const page = (): Promise<unknown> => messages.history({ userId, history: { conversationId, limit: 50 } });
  for (let warm = 0; warm < pages / 4; warm++) await page();
  const cpu = process.cpuUsage();
  const began = performance.now();
  for (let count = 0; count < pages; count++) await page();
  const oneMs = (performance.now() - began) / pages;
  const burstBegan = performance.now();
  for (let count = 0; count < pages; count += burst) await Promise.all(Array.from({ length: burst }, page));
  const burstMs = (performance.now() - burstBegan) / pages;
  const { user, system } = process.cpuUsage(cpu);
  return { oneMs, burstMs, cpuUs: (user + system) / (2 * pages) };
}
