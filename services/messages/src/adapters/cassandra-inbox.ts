/** A person's inbox in the orders that are asked for: the table has it by conversation, for rows are never deleted and so cannot move. */
import type { types } from 'cassandra-driver';
import type { InboxRow } from '../ports.ts';
import { toInbox } from './cassandra-rows.ts';

type Place = Pick<InboxRow, 'changedAtMs' | 'conversationId'>;

const isBelow = (row: Place, place: Place): boolean =>
  row.changedAtMs < place.changedAtMs ||
  (row.changedAtMs === place.changedAtMs && row.conversationId < place.conversationId);

const newestFirst = (a: Place, b: Place): number => (isBelow(a, b) ? 1 : -1);

/** The `limit` newest rows below a place. A page of the partition at a time, and what cannot be among them is let go of. */
export async function readNewest(
  pages: AsyncIterable<types.Row[]>,
  below: Place | undefined,
  limit: number,
): Promise<InboxRow[]> {
  let newest: InboxRow[] = [];
  for await (const page of pages) {
    const rows = page.map(toInbox).filter((row) => row !== undefined);
    newest.push(...(below ? rows.filter((row) => isBelow(row, below)) : rows));
    newest = newest.sort(newestFirst).slice(0, limit);
  }
  return newest;
}

/** The first `limit` rows by conversation id as text, which is not the order of the table: there versions of UUIDs come first. */
export async function readStored(
  pages: AsyncIterable<types.Row[]>,
  afterConversationId: string,
  limit: number,
): Promise<InboxRow[]> {
  let first: InboxRow[] = [];
  for await (const page of pages) {
    const rows = page.map(toInbox).filter((row) => row !== undefined);
    first.push(...rows.filter((row) => row.conversationId > afterConversationId));
    first = first.sort((a, b) => (a.conversationId < b.conversationId ? -1 : 1)).slice(0, limit);
  }
  return first;
}
