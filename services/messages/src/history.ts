/** A page of one conversation, cut at its limit and by its bytes. */
import { ClatterError, type History, type HistoryPage } from '@clatter/wire';
import { readDeletedFor } from './own-content.ts';
import { eventsWithin, PAGE_BYTES_MAX } from './page-bytes.ts';
import type { LogRow, MessageStore } from './ports.ts';
import { readOwnMembership, type Sight, sightOf, viewEvents } from './viewer.ts';

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 100;
const NEWEST = Number.MAX_SAFE_INTEGER;

/**
 * Events ascending by seq; before and after are exclusive, since is not; with none of them the newest page. Errors: NOT_FOUND,
 * NOT_A_MEMBER, INVALID.
 */
export async function readHistory(
  store: MessageStore,
  userId: string,
  asked: History,
  nowMs: number,
): Promise<HistoryPage> {
  const { beforeSeq, afterSeq, aroundSeq, sinceMs } = asked;
  if ([beforeSeq, afterSeq, aroundSeq, sinceMs].filter((place) => place !== undefined).length > 1)
    throw new ClatterError('INVALID', 'history: want at most one of beforeSeq, afterSeq, aroundSeq and sinceMs');
  if (asked.limit > LIMIT_MAX) throw new ClatterError('INVALID', `limit: want 1 to ${LIMIT_MAX}, got ${asked.limit}`);
  const { conversationId } = asked;
  let [own, deleted] = await Promise.all([
    readOwnMembership(store, userId, conversationId),
    readDeletedFor(store, userId, conversationId),
  ]);
  for (;;) {
    const page = await readPage(store, sightOf(userId, own, nowMs, undefined, deleted), asked);
    // Who was removed while the rows were read is told so, instead of what came after; who is back by now may see other rows.
    const now = await readOwnMembership(store, userId, conversationId);
    if (now.joinedSeq === own.joinedSeq) return page;
    own = now;
  }
}

async function readPage(store: MessageStore, sight: Sight, asked: History): Promise<HistoryPage> {
  const { conversationId, beforeSeq, afterSeq, aroundSeq, sinceMs } = asked;
  const limit = asked.limit || LIMIT_DEFAULT;
  const from = sight.fromSeq;
  const before = async (seq: number, count: number): Promise<Page> =>
    page(await store.readRows(conversationId, from, seq, count + 1, true), count, true);
  const after = async (seq: number, count: number): Promise<Page> => {
    const start = Math.max(1, from, seq);
    const rows = await store.readRows(conversationId, start, NEWEST, count + 1, false);
    // Buckets are read one after the other: a row that was not there yet when its bucket was read may stand before one of the next.
    const gap = rows.findIndex((row, index) => row.seq !== start + index);
    return gap < 0 ? page(rows, count, false) : { rows: rows.slice(0, Math.min(gap, count)), hasMore: true };
  };

  let found: Page;
  if (aroundSeq !== undefined) {
    const [older, newer] = await Promise.all([
      before(aroundSeq, Math.ceil(limit / 2)),
      after(aroundSeq + 1, Math.floor(limit / 2) || 1),
    ]);
    found = { rows: [...older.rows, ...newer.rows].slice(0, limit), hasMore: older.hasMore || newer.hasMore };
  } else if (afterSeq !== undefined) found = await after(afterSeq + 1, limit);
  else if (sinceMs !== undefined) found = await after(await firstSince(store, conversationId, from, sinceMs), limit);
  else found = await before(beforeSeq === undefined ? NEWEST : beforeSeq - 1, limit);
  const all = await viewEvents(store, sight, found.rows);
  // Cut at the far end of the direction asked.
  const center =
    aroundSeq !== undefined
      ? all.filter(({ seq }) => seq < aroundSeq).length
      : afterSeq !== undefined || sinceMs !== undefined
        ? 0
        : all.length;
  const events = eventsWithin(all, center, PAGE_BYTES_MAX);
  return { events, hasMore: found.hasMore || events.length < all.length };
}

/**
 * The lowest seq from `fromSeq` on of an event of that time or later; one past the newest where there is none. Times in a log never go
 * back, so halving finds it: 17 rows of 100,000 are read, and as many buckets as halving them takes.
 */
async function firstSince(
  store: MessageStore,
  conversationId: string,
  fromSeq: number,
  sinceMs: number,
): Promise<number> {
  const [head] = await store.readHeads([conversationId]);
  if (!head) return fromSeq;
  if (head.sentAtMs < sinceMs) return head.seq + 1;
  let [low, high] = [fromSeq, head.seq];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = await store.readRow(conversationId, middle);
    if (row && row.sentAtMs < sinceMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Page {
  readonly rows: readonly LogRow[];
  readonly hasMore: boolean;
}

/** One row more than the page was asked for tells whether there is more. */
function page(rows: readonly LogRow[], count: number, fromEnd: boolean): Page {
  const hasMore = rows.length > count;
  return { rows: hasMore ? (fromEnd ? rows.slice(-count) : rows.slice(0, count)) : rows, hasMore };
}
