/** A person's inbox in the orders that are asked for: the table has it by conversation, for rows are never deleted and so cannot move. */
import type { types } from 'cassandra-driver';
import type { InboxRow } from '../ports.ts';
import { idOf, msOf, toInbox } from './cassandra-rows.ts';
import type { CassandraSession } from './cassandra-session.ts';
import { READS } from './cassandra-statements.ts';

/** An inbox of so many rows is read whole, in one query: nearly all are. Of a larger one the places are read first: half the work. */
const WHOLE_ROWS_MAX = 500;
/** Rows of one partition that one query asks for by their keys. */
const KEYS_MAX = 200;

type Place = Pick<InboxRow, 'changedAtMs' | 'conversationId'>;

const isBelow = (row: Place, place: Place): boolean =>
  row.changedAtMs < place.changedAtMs ||
  (row.changedAtMs === place.changedAtMs && row.conversationId < place.conversationId);

const newestFirst = (a: Place, b: Place): number => (isBelow(a, b) ? 1 : -1);

/** The `limit` newest rows below a place. */
export async function readNewest(
  session: CassandraSession,
  userId: types.Uuid,
  below: Place | undefined,
  limit: number,
): Promise<InboxRow[]> {
  const rows = await session.read(READS.inboxFirst, [userId, WHOLE_ROWS_MAX + 1]);
  if (rows.length <= WHOLE_ROWS_MAX) {
    const whole = rows.map(toInbox).filter((row) => row !== undefined);
    return newest(whole, below, limit);
  }
  let places: (Place & { readonly id: types.Uuid })[] = [];
  for await (const page of session.readPages(READS.inboxPlaces, [userId])) {
    for (const { conversation_id: id, changed_at: changedAt } of page)
      if (changedAt) places.push({ id, conversationId: idOf(id), changedAtMs: msOf(changedAt) });
    places = newest(places, below, limit);
  }
  const found = new Map<string, InboxRow>();
  for (let from = 0; from < places.length; from += KEYS_MAX) {
    const keys = places.slice(from, from + KEYS_MAX).map(({ id }) => id);
    for (const row of await session.read(READS.inboxOf, [userId, keys])) {
      const whole = toInbox(row);
      if (whole) found.set(whole.conversationId, whole);
    }
  }
  // A row that was written meanwhile keeps the place at which it was found: whoever reads on from the last one misses nothing.
  return places.flatMap(({ conversationId, changedAtMs }) => {
    const row = found.get(conversationId);
    return row ? [{ ...row, changedAtMs }] : [];
  });
}

const newest = <T extends Place>(rows: readonly T[], below: Place | undefined, limit: number): T[] =>
  (below ? rows.filter((row) => isBelow(row, below)) : [...rows]).sort(newestFirst).slice(0, limit);

/**
 * The first `limit` rows that were stored since `sinceMs`, by conversation id as text, which is not the order of the table: there
 * versions of UUIDs come first.
 */
export async function readStored(
  session: CassandraSession,
  userId: types.Uuid,
  sinceMs: types.Long,
  afterConversationId: string,
  limit: number,
): Promise<InboxRow[]> {
  let first: InboxRow[] = [];
  for await (const page of session.readPages(READS.inboxStored, [userId, sinceMs])) {
    const rows = page.map(toInbox).filter((row) => row !== undefined);
    first.push(...rows.filter((row) => row.conversationId > afterConversationId));
    first = first.sort((a, b) => (a.conversationId < b.conversationId ? -1 : 1)).slice(0, limit);
  }
  return first;
}
