/**
 * A person's conversations by last activity, exactly, without a row per message. An inbox row is written at most once a minute and
 * conversation, so last activity < changedAt + BUMP_MS: the rows are walked in changedAt order, and true heads are read until no
 * unread row can reach the page any more. Channels are never bumped: of those, a few at most, all true heads are read.
 */
import { ClatterError, Item } from '@clatter/wire';
import { BUMP_MS } from './conversation.ts';
import { decodeDetails } from './conversation-details.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { unreadMentions } from './mentions.ts';
import { type OwnView, readOwnViews } from './own-content.ts';
import { decodeFlags, isArchived, isHidden } from './own-conversations.ts';
import { PAGE_BYTES_MAX } from './page-bytes.ts';
import type { ConversationRow, Head, InboxRow, MemberRow, MessageStore, ReceiptRow } from './ports.ts';
import { readLastMessage, readMembership, type Sight, sightOf, viewConversation } from './viewer.ts';

/** Where a walk stands: below this place. */
export interface InboxPlace {
  readonly activityMs: number;
  readonly conversationId: string;
}

/** A conversation of the inbox and where it stands now. */
export interface InboxEntry {
  readonly inbox: InboxRow;
  /** Up to where the viewer may see: the true head, or the event that removed them. */
  readonly head: Head;
  readonly activityMs: number;
}

const CHUNK = 100;

const below = (entry: InboxEntry, place: InboxPlace | undefined): boolean =>
  !place ||
  entry.activityMs < place.activityMs ||
  (entry.activityMs === place.activityMs && entry.inbox.conversationId < place.conversationId);

const newestFirst = (a: InboxEntry, b: InboxEntry): number =>
  b.activityMs - a.activityMs || (a.inbox.conversationId < b.inbox.conversationId ? 1 : -1);

/** Up to `limit` entries below `place`, most recent first. */
export async function walkInbox(
  store: MessageStore,
  userId: string,
  place: InboxPlace | undefined,
  limit: number,
  former: boolean,
): Promise<InboxEntry[]> {
  const wanted = (row: InboxRow): boolean => former || row.removedSeq === 0;
  const channels = (await store.readChannels(userId)).filter(wanted);
  const found = (await readEntries(store, channels)).filter((entry) => below(entry, place));
  let from: { changedAtMs: number; conversationId: string } | undefined = place && {
    changedAtMs: place.activityMs + 1,
    conversationId: '',
  };
  const chunk = Math.max(CHUNK, limit);
  for (;;) {
    const rows = await store.readInbox(userId, from, chunk);
    const entries = await readEntries(
      store,
      rows.filter((row) => row.kind !== 'channel' && wanted(row)),
    );
    found.push(...entries.filter((entry) => below(entry, place)));
    found.sort(newestFirst);
    const last = rows.at(-1);
    if (rows.length < chunk || !last) return found.slice(0, limit);
    const edge = found[limit - 1];
    // A row not read yet was changed at or before `last`: its activity is below last.changedAtMs + BUMP_MS.
    if (edge && edge.activityMs >= last.changedAtMs + BUMP_MS) return found.slice(0, limit);
    from = { changedAtMs: last.changedAtMs, conversationId: last.conversationId };
  }
}

/** Inbox rows with where they stand now; rows of conversations whose log does not stand yet are left out. */
export async function readEntries(store: MessageStore, rows: readonly InboxRow[]): Promise<InboxEntry[]> {
  const heads = await store.readHeads(rows.map((row) => row.conversationId));
  const entries: InboxEntry[] = [];
  for (const [index, inbox] of rows.entries()) {
    let head = heads[index];
    if (head && inbox.removedSeq > 0 && inbox.removedSeq < head.seq) {
      const row = await store.readRow(inbox.conversationId, inbox.removedSeq);
      head = row && headOf(row);
    }
    if (head) entries.push({ inbox, head, activityMs: head.sentAtMs });
  }
  return entries;
}

/** An item, and the entry that it shows: the one asked for, or what the membership says that it is by now. */
export interface ReadItem {
  readonly item: Item;
  readonly entry: InboxEntry;
}

/** Entries as the items of lists and sync pages. */
export async function readItems(
  store: MessageStore,
  userId: string,
  entries: readonly InboxEntry[],
  nowMs: number,
): Promise<ReadItem[]> {
  const ids = entries.map(({ inbox }) => inbox.conversationId);
  const [conversations, receipts, ownOf] = await Promise.all([
    store.readConversations(ids),
    store.readReceipts(userId, ids),
    readOwnViews(
      store,
      userId,
      entries.map(({ inbox }) => inbox),
    ),
  ]);
  const items = await Promise.all(
    entries.map(async (entry, index): Promise<ReadItem | undefined> => {
      const conversation = conversations[index];
      return (
        conversation &&
        itemOf(store, userId, entry, conversation, receipts[index], ownOf(conversation.conversationId), nowMs)
      );
    }),
  );
  return items.filter((item) => item !== undefined);
}

/** An entry whose inbox row says that one is a member, where the membership says that the stay has ended, or that it is another. */
async function entryAsOf(
  store: MessageStore,
  entry: InboxEntry,
  own: MemberRow | undefined,
): Promise<InboxEntry | undefined> {
  const { inbox } = entry;
  if (!own || inbox.removedSeq > 0 || (own.role !== 'none' && own.joinedSeq === inbox.joinedSeq)) return undefined;
  const { joinedSeq, visibleFromSeq, removedSeq } = own;
  const now = { ...inbox, joinedSeq, visibleFromSeq, removedSeq };
  if (removedSeq === 0) return { ...entry, inbox: now };
  const row = await store.readRow(inbox.conversationId, removedSeq);
  return row && { inbox: now, head: headOf(row), activityMs: row.sentAtMs };
}

const headOf = ({ seq, messageNo, position, sentAtMs }: Head): Head => ({ seq, messageNo, position, sentAtMs });

/** What a person may see by their inbox: up to the head, which for a former member is the event that ended it. */
export const inboxSight = (
  userId: string,
  { inbox, head }: Pick<InboxEntry, 'inbox' | 'head'>,
  { deleted }: OwnView,
  nowMs: number,
): Sight => sightOf(userId, inbox, nowMs, inbox.removedSeq > 0 ? head.position : undefined, deleted);

async function itemOf(
  store: MessageStore,
  userId: string,
  entry: InboxEntry,
  conversation: ConversationRow,
  receipt: ReceiptRow | undefined,
  view: OwnView,
  nowMs: number,
): Promise<ReadItem> {
  const { inbox, head, activityMs } = entry;
  const lastMessage = await readLastMessage(
    store,
    inbox.conversationId,
    inboxSight(userId, entry, view, nowMs),
    head.seq,
  );
  const own = await readMembership(store, userId, inbox.conversationId);
  const now = await entryAsOf(store, entry, own);
  if (now) return itemOf(store, userId, now, conversation, receipt, view, nowMs);
  // The read point that an own message moves is written a moment later.
  const ownLast = lastMessage?.senderId === userId ? lastMessage : undefined;
  const readSeq = Math.min(Math.max(receipt?.readSeq ?? 0, ownLast?.seq ?? 0), head.seq);
  const { callsToAll } = decodeDetails(conversation.details);
  const item = {
    conversation: viewConversation(conversation, own, inbox.peerId),
    headSeq: head.seq,
    messageNo: head.messageNo,
    readSeq,
    unread: Math.max(0, head.messageNo - Math.max(receipt?.readMessageNo ?? 0, ownLast?.messageNo ?? 0)),
    lastMessage,
    lastActivityMs: activityMs,
    mentions: unreadMentions(userId, own?.mentionSeqs ?? [], callsToAll, readSeq, head.seq),
    flags: decodeFlags(inbox.flags).flags,
    draft: view.draft,
  };
  return { item, entry };
}

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 100;

/** What a list is asked for. */
export interface Listed {
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** Only what is in the archive, or only what is not. */
  readonly archived?: boolean | undefined;
  /** Only the pinned, in their order, or only the others. */
  readonly pinned?: boolean | undefined;
}

/** Conversations of one page that may be looked at in vain: past it the page ends with what it has, and the next one goes on. */
const LOOKED_AT_MAX = 1000;

/** A page of the conversations that the person is a member of, without the hidden ones. Errors: INVALID. */
export async function listConversations(
  store: MessageStore,
  userId: string,
  { limit, cursor, archived, pinned }: Listed,
  nowMs: number,
): Promise<{ items: Item[]; nextCursor?: string }> {
  if (limit > LIMIT_MAX) throw new ClatterError('INVALID', `limit: want 1 to ${LIMIT_MAX}, got ${limit}`);
  if (pinned) return { items: archived ? [] : await listPinned(store, userId, nowMs) };
  const wanted = ({ inbox, head }: InboxEntry): boolean => {
    if (!inbox.flags) return !archived;
    const { flags } = decodeFlags(inbox.flags);
    return (
      !isHidden(flags, head) &&
      (archived === undefined || archived === isArchived(flags, head)) &&
      (pinned === undefined || pinned === flags.pinned)
    );
  };
  const count = limit || LIMIT_DEFAULT;
  let place = cursor === undefined ? undefined : placeOfCursor(cursor);
  const page: InboxEntry[] = [];
  let more = true;
  for (let lookedAt = 0; more && page.length < count && lookedAt < LOOKED_AT_MAX; ) {
    // Where little is wanted of what is there, further ones are looked at in larger steps.
    const step = lookedAt === 0 ? count : LOOKED_AT_MAX / 4;
    const entries = await walkInbox(store, userId, place, step + 1, false);
    more = entries.length > step;
    for (const entry of entries.slice(0, step)) {
      if (page.length === count) {
        more = true;
        break;
      }
      if (wanted(entry)) page.push(entry);
      place = { activityMs: entry.activityMs, conversationId: entry.inbox.conversationId };
      lookedAt++;
    }
  }
  const read = await readItems(store, userId, page, nowMs);
  const all = read.filter(({ entry }) => entry.inbox.removedSeq === 0).map(({ item }) => item);
  const items = itemsWithin(all, PAGE_BYTES_MAX);
  if (items.length < all.length) place = placeOf(items.at(-1) as Item);
  return (more || items.length < all.length) && place
    ? { items, nextCursor: encodeCursor([place.activityMs, place.conversationId]) }
    : { items };
}

/** All at once: they are few. */
async function listPinned(store: MessageStore, userId: string, nowMs: number): Promise<Item[]> {
  const [log] = await store.readConversations([userId]);
  const ids = log ? (decodeDetails(log.details).pinned ?? []) : [];
  const rows = await Promise.all(ids.map((id) => store.readInboxRow(userId, id)));
  const entries = await readEntries(
    store,
    rows.filter((row): row is InboxRow => row !== undefined && row.removedSeq === 0),
  );
  const read = await readItems(store, userId, entries, nowMs);
  return itemsWithin(
    read.filter(({ entry }) => entry.inbox.removedSeq === 0).map(({ item }) => item),
    PAGE_BYTES_MAX,
  );
}

function placeOfCursor(cursor: string): InboxPlace {
  const [activityMs, conversationId] = decodeCursor(cursor, ['number', 'string'] as const);
  return { activityMs, conversationId };
}

/** The first items that fit; no single one is larger than a page. */
function itemsWithin(items: readonly Item[], bytesMax: number): Item[] {
  let bytes = 0;
  const end = items.findIndex((item) => {
    bytes += Buffer.byteLength(Item.toJson(item)) + 1;
    return bytes > bytesMax;
  });
  return end < 0 ? [...items] : items.slice(0, end);
}

const placeOf = ({ conversation, lastActivityMs }: Item): InboxPlace => ({
  activityMs: lastActivityMs,
  conversationId: conversation?.conversationId as string,
});
