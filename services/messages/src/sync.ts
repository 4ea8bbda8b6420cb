/**
 * What a device missed: the conversations that changed since its cursor, most recent first; then those whose events are older by the log's
 * time and were stored since; then those of `known` that are behind or whose receipts moved. Stateless: the cursor says where it stands.
 */
import { ClatterError, type Event, type Receipt, type Sync, type SyncConversation, type SyncPage } from '@clatter/wire';
import { LATE_MS } from './batch-writes.ts';
import { GROUP_MEMBERS_MAX } from './conversation.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type InboxEntry, type InboxPlace, readEntries, readItems, walkInbox } from './inbox.ts';
import type { InboxRow, MessageStore } from './ports.ts';
import { viewEvents } from './viewer.ts';

const KNOWN_MAX = 200;
const EVENTS_MAX = 100;
const PAGE_CONVERSATIONS = 50;
const STORED_CHUNK = 100;
/** Below the 1 MiB of a frame, with room for what is around the events. */
const PAGE_BYTES_MAX = 700_000;

/** How far the clocks of two instances may be apart, and for how long a write may be under way. */
const SKEW_MS = 5 * 60_000;

/**
 * A cursor reaches back this much further than the clock said when it was given. An event that was stored since then, by the clock of the
 * instance that stored it, is of at most LATE_MS before by the log's time, or the inbox rows are, by that instance's clock
 * (batch-writes.ts). What is sent twice is dropped by seq.
 */
const SLACK_MS = SKEW_MS + LATE_MS;

/** sinceMs: changes before are known. untilMs: becomes `sinceMs` of the next sync. Then the place in the phase. */
const CURSOR = ['number', 'number', 'string', 'number', 'string'] as const;
type Phase = 'start' | 'walk' | 'stored' | 'known';

const NO_PLACE: InboxPlace = { activityMs: 0, conversationId: '' };

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

  if (progress.phase === 'start' || progress.phase === 'walk') {
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
    progress = { ...progress, phase: progress.sinceMs === 0 ? 'known' : 'stored', place: NO_PLACE };
  }

  while (progress.phase === 'stored') {
    const rows = await store.readInboxStored(userId, progress.sinceMs, progress.place.conversationId, STORED_CHUNK);
    for (const entry of await readEntries(store, rows)) {
      // What is new by the log's time came with the walk.
      if (entry.activityMs >= progress.sinceMs) continue;
      if (budget.bytes <= 0 || page.length >= PAGE_CONVERSATIONS)
        return { conversations: page, cursor: encode(progress), done: false };
      progress = { ...progress, place: { activityMs: 0, conversationId: entry.inbox.conversationId } };
      page.push(...(await read(store, userId, [entry], known, budget)));
    }
    progress =
      rows.length < STORED_CHUNK
        ? { ...progress, phase: 'known', place: NO_PLACE }
        : { ...progress, place: { activityMs: 0, conversationId: (rows.at(-1) as InboxRow).conversationId } };
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
    // What changed or was stored since the cursor has come.
    if (entry.activityMs >= progress.sinceMs || entry.inbox.storedAtMs >= progress.sinceMs) continue;
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
  if (cursor === undefined || cursor === '') return { sinceMs: 0, untilMs, phase: 'start', place: NO_PLACE };
  const [sinceMs, until, phase, activityMs, conversationId] = decodeCursor(cursor, CURSOR);
  if (phase === 'start') return { sinceMs, untilMs, phase, place: NO_PLACE };
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
