/**
 * What a device missed: the conversations that changed since its cursor, most recent first, then those of `known` that are behind or
 * whose receipts moved. Stateless: the cursor says where the walk stands.
 */
import { ClatterError, type Event, type Receipt, type Sync, type SyncConversation, type SyncPage } from '@clatter/wire';
import { GROUP_MEMBERS_MAX } from './conversation.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type InboxEntry, type InboxPlace, readEntries, readItems, walkInbox } from './inbox.ts';
import type { InboxRow, MessageStore } from './ports.ts';
import { viewEvents } from './viewer.ts';

const KNOWN_MAX = 200;
const EVENTS_MAX = 100;
const PAGE_CONVERSATIONS = 50;
/** Below the 1 MiB of a frame, with room for what is around the events. */
const PAGE_BYTES_MAX = 700_000;

/**
 * A cursor reaches back this much further than the clock said when it was given: an event carries the log's time of its command, and may
 * be stored later than a sync that ran meanwhile. What is sent twice is dropped by seq.
 */
const SLACK_MS = 5 * 60_000;

/** sinceMs: changes before are known. untilMs: becomes `sinceMs` of the next sync. Then the place of the walk, or what of `known` is done. */
const CURSOR = ['number', 'number', 'string', 'number', 'string'] as const;
type Phase = 'start' | 'walk' | 'known';

interface Progress {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly phase: Phase;
  readonly place: InboxPlace;
}

/** Errors: INVALID. */
export async function syncPage(store: MessageStore, userId: string, asked: Sync, nowMs: number): Promise<SyncPage> {
  if (asked.known.length > KNOWN_MAX)
    throw new ClatterError('INVALID', `known: want at most ${KNOWN_MAX}, got ${asked.known.length}`);
  const known = new Map(asked.known.map(({ conversationId, seq }) => [conversationId, seq]));
  let progress = begin(asked.cursor, nowMs);
  const page: SyncConversation[] = [];
  const budget = { bytes: PAGE_BYTES_MAX };

  if (progress.phase !== 'known') {
    const entries = await walkInbox(
      store,
      userId,
      progress.phase === 'walk' ? progress.place : undefined,
      PAGE_CONVERSATIONS + 1,
      true,
    );
    for (const [index, entry] of entries.entries()) {
      if (entry.activityMs < progress.sinceMs) break;
      if (index === PAGE_CONVERSATIONS || budget.bytes <= 0)
        return { conversations: page, cursor: encode(progress), done: false };
      progress = { ...progress, phase: 'walk', place: placeOf(entry) };
      // Whoever was removed learns of it; a device that never held the conversation has nothing to learn.
      if (entry.inbox.removedSeq > 0 && progress.sinceMs === 0 && !known.has(entry.inbox.conversationId)) continue;
      page.push(...(await read(store, userId, [entry], known, budget)));
    }
    progress = { ...progress, phase: 'known', place: { activityMs: 0, conversationId: '' } };
  }

  const rest = [...known.keys()].filter((id) => id > progress.place.conversationId).sort();
  const rows = await Promise.all(rest.map((id) => store.readInboxRow(userId, id)));
  const entries = await readEntries(
    store,
    rows.filter((row): row is InboxRow => row !== undefined),
  );
  for (const entry of entries) {
    if (budget.bytes <= 0 || page.length >= PAGE_CONVERSATIONS * 2)
      return { conversations: page, cursor: encode(progress), done: false };
    const id = entry.inbox.conversationId;
    progress = { ...progress, place: { activityMs: 0, conversationId: id } };
    // What changed since the cursor came with the walk.
    if (entry.activityMs >= progress.sinceMs) continue;
    const behind = entry.head.seq > (known.get(id) ?? 0);
    if (behind || (await receiptsMoved(store, id, progress.sinceMs)))
      page.push(...(await read(store, userId, [entry], known, budget)));
  }
  return {
    conversations: page,
    cursor: encode({ ...progress, phase: 'start', sinceMs: progress.untilMs }),
    done: true,
  };
}

const placeOf = ({ activityMs, inbox }: InboxEntry): InboxPlace => ({
  activityMs,
  conversationId: inbox.conversationId,
});

function begin(cursor: string | undefined, nowMs: number): Progress {
  const untilMs = Math.max(0, nowMs - SLACK_MS);
  const place = { activityMs: 0, conversationId: '' };
  if (cursor === undefined || cursor === '') return { sinceMs: 0, untilMs, phase: 'start', place };
  const [sinceMs, until, phase, activityMs, conversationId] = decodeCursor(cursor, CURSOR);
  if (phase === 'start') return { sinceMs, untilMs, phase, place };
  return { sinceMs, untilMs: until, phase: phase as Phase, place: { activityMs, conversationId } };
}

const encode = ({ sinceMs, untilMs, phase, place }: Progress): string =>
  encodeCursor([sinceMs, untilMs, phase, place.activityMs, place.conversationId]);

async function receiptsMoved(store: MessageStore, conversationId: string, sinceMs: number): Promise<boolean> {
  const receipts = await store.readConversationReceipts(conversationId);
  return receipts.some((receipt) => receipt.updatedAtMs >= sinceMs);
}

/** Conversations of a page, and what they cost of its budget. */
async function read(
  store: MessageStore,
  userId: string,
  entries: readonly InboxEntry[],
  known: ReadonlyMap<string, number>,
  budget: { bytes: number },
): Promise<SyncConversation[]> {
  const items = await readItems(store, userId, entries);
  return Promise.all(
    items.map(async (item): Promise<SyncConversation> => {
      const id = item.conversation?.conversationId as string;
      const { inbox } = entries.find((entry) => entry.inbox.conversationId === id) as InboxEntry;
      const from = Math.max(1, inbox.joinedSeq, (known.get(id) ?? 0) + 1);
      const all = from > item.headSeq ? [] : await store.readRows(id, from, item.headSeq, EVENTS_MAX, true);
      // Older rows that do not fit are a hole, which history fills.
      let first = all.length;
      while (first > 0 && budget.bytes > 0)
        budget.bytes -= (all[--first] as { event: Uint8Array }).event.length * 1.5 + 200;
      const events: Event[] = await viewEvents(store, userId, inbox.joinedSeq, all.slice(first));
      budget.bytes -= 600;
      return { ...item, events, receipts: await readReceipts(store, id, item.conversation?.memberCount ?? 0) };
    }),
  );
}

async function readReceipts(store: MessageStore, conversationId: string, memberCount: number): Promise<Receipt[]> {
  if (memberCount > GROUP_MEMBERS_MAX) return [];
  const rows = await store.readConversationReceipts(conversationId);
  return rows.map(({ userId, deliveredSeq, readSeq }) => ({ conversationId: '', userId, deliveredSeq, readSeq }));
}
