/**
 * What a device missed: the conversations that changed since its cursor, most recent first; then those whose events are older by the log's
 * time and were stored since, which of groups their inbox rows tell and of channels a mark of their own; then those of `known` that are behind or whose receipts moved. Stateless: the cursor says where it stands.
 */
import { ClatterError, type Sync, type SyncPage } from '@clatter/wire';
import { LATE_MS } from './batch-writes.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type InboxEntry, type InboxPlace, readEntries, walkInbox } from './inbox.ts';
import type { InboxRow, MessageStore } from './ports.ts';
import { PAGE_CONVERSATIONS, PageOfConversations } from './sync-page.ts';

const KNOWN_MAX = 200;
const STORED_CHUNK = 100;

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
type Phase = 'start' | 'walk' | 'stored' | 'channels' | 'known';

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
  const page = new PageOfConversations(store, userId, known, nowMs);
  let progress = begin(asked.cursor, nowMs);
  const full = (): SyncPage => ({ conversations: page.conversations, cursor: encode(progress), done: false });

  if (progress.phase === 'start' || progress.phase === 'walk') {
    const place = progress.phase === 'walk' ? progress.place : undefined;
    const { entries, more } = await walkFurther(store, userId, place);
    for (const entry of entries) {
      if (entry.activityMs < progress.sinceMs) break;
      // Whoever was removed learns of it; a device that never held the conversation has nothing to learn.
      const gone = entry.inbox.removedSeq > 0 && progress.sinceMs === 0 && !known.has(entry.inbox.conversationId);
      if (!gone && !(await page.add(entry))) return full();
      progress = { ...progress, phase: 'walk', place: placeOf(entry) };
    }
    const last = entries.at(-1);
    if (more && last && last.activityMs >= progress.sinceMs) return full();
    progress = { ...progress, phase: progress.sinceMs === 0 ? 'known' : 'stored', place: NO_PLACE };
  }

  while (progress.phase === 'stored') {
    const rows = await store.readInboxStored(userId, progress.sinceMs, progress.place.conversationId, STORED_CHUNK);
    for (const entry of await readEntries(store, rows)) {
      // What is new by the log's time came with the walk.
      if (entry.activityMs < progress.sinceMs && !(await page.add(entry))) return full();
      progress = { ...progress, place: byId(entry.inbox) };
    }
    const last = rows.at(-1);
    progress =
      last && rows.length === STORED_CHUNK
        ? { ...progress, place: byId(last) }
        : { ...progress, phase: 'channels', place: NO_PLACE };
  }

  if (progress.phase === 'channels') {
    for (const entry of await lateChannels(store, userId, progress)) {
      if (!(await page.add(entry))) return full();
      progress = { ...progress, place: byId(entry.inbox) };
    }
    progress = { ...progress, phase: 'known', place: NO_PLACE };
  }

  const rest = [...known.keys()].filter((id) => id > progress.place.conversationId).sort();
  const rows = await Promise.all(rest.map((id) => store.readInboxRow(userId, id)));
  const entries = await readEntries(
    store,
    rows.filter((row): row is InboxRow => row !== undefined),
  );
  for (const entry of entries) {
    // What changed or was stored since the cursor has come.
    const came = entry.activityMs >= progress.sinceMs || entry.inbox.storedAtMs >= progress.sinceMs;
    const wanted = !came && (isBehind(entry, known) || (await receiptsMoved(store, userId, entry, progress.sinceMs)));
    if (wanted && !(await page.add(entry))) return full();
    progress = { ...progress, place: byId(entry.inbox) };
  }
  const cursor = encode({ ...progress, phase: 'start', sinceMs: progress.untilMs });
  return { conversations: page.conversations, cursor, done: true };
}

/** The channels beyond the progress of which an event was stored since that is older by the log's time. */
async function lateChannels(store: MessageStore, userId: string, { sinceMs, place }: Progress): Promise<InboxEntry[]> {
  const rows = (await store.readChannels(userId)).filter((row) => row.conversationId > place.conversationId);
  const late = await store.readLate(rows.map((row) => row.conversationId));
  const entries = await readEntries(
    store,
    rows.filter((_, index) => (late[index] ?? 0) >= sinceMs),
  );
  return entries
    .filter(({ activityMs }) => activityMs < sinceMs)
    .sort((a, b) => (a.inbox.conversationId < b.inbox.conversationId ? -1 : 1));
}

/** A page of the walk by last activity, and whether it goes on. */
async function walkFurther(
  store: MessageStore,
  userId: string,
  place: InboxPlace | undefined,
): Promise<{ entries: readonly InboxEntry[]; more: boolean }> {
  const entries = await walkInbox(store, userId, place, PAGE_CONVERSATIONS + 1, true);
  return { entries: entries.slice(0, PAGE_CONVERSATIONS), more: entries.length > PAGE_CONVERSATIONS };
}

const placeOf = ({ activityMs, inbox }: InboxEntry): InboxPlace => ({
  activityMs,
  conversationId: inbox.conversationId,
});
const byId = ({ conversationId }: InboxRow): InboxPlace => ({ activityMs: 0, conversationId });

function begin(cursor: string | undefined, nowMs: number): Progress {
  const untilMs = Math.max(0, nowMs - SLACK_MS);
  if (cursor === undefined || cursor === '') return { sinceMs: 0, untilMs, phase: 'start', place: NO_PLACE };
  const [sinceMs, until, phase, activityMs, conversationId] = decodeCursor(cursor, CURSOR);
  if (phase === 'start') return { sinceMs, untilMs, phase, place: NO_PLACE };
  return { sinceMs, untilMs: until, phase: phase as Phase, place: { activityMs, conversationId } };
}

const encode = ({ sinceMs, untilMs, phase, place }: Progress): string =>
  encodeCursor([sinceMs, untilMs, phase, place.activityMs, place.conversationId]);

const isBehind = ({ inbox, head }: InboxEntry, known: ReadonlyMap<string, number>): boolean =>
  head.seq > (known.get(inbox.conversationId) ?? 0);

/** Where the others of a group that one is no member of any more got to is no news, nor where those of a channel did. */
async function receiptsMoved(
  store: MessageStore,
  userId: string,
  { inbox }: InboxEntry,
  sinceMs: number,
): Promise<boolean> {
  if (inbox.removedSeq > 0) return false;
  const receipts =
    inbox.kind === 'channel'
      ? await store.readReceipts(userId, [inbox.conversationId])
      : await store.readConversationReceipts(inbox.conversationId);
  return receipts.some((receipt) => receipt !== undefined && receipt.updatedAtMs >= sinceMs);
}
