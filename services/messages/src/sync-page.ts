/** The conversations of one sync page, up to a count and the bytes of a frame. */
import { type Receipt, SyncConversation } from '@clatter/wire';
import { type InboxEntry, inboxSight, readItems } from './inbox.ts';
import { readAllMembers } from './member-rows.ts';
import { readOwnViews } from './own-content.ts';
import { eventsWithin, PAGE_BYTES_MAX } from './page-bytes.ts';
import type { MessageStore } from './ports.ts';
import { viewEvents } from './viewer.ts';

export const PAGE_CONVERSATIONS = 50;
const EVENTS_MAX = 100;

export class PageOfConversations {
  readonly conversations: SyncConversation[] = [];
  readonly #store: MessageStore;
  readonly #userId: string;
  /** Conversation → the seq up to which the device holds it. */
  readonly #known: ReadonlyMap<string, number>;
  readonly #nowMs: number;
  #bytesLeft = PAGE_BYTES_MAX;

  constructor(store: MessageStore, userId: string, known: ReadonlyMap<string, number>, nowMs: number) {
    this.#store = store;
    this.#userId = userId;
    this.#known = known;
    this.#nowMs = nowMs;
  }

  /**
   * Takes a conversation. False where it belongs on the next page: there is no room for it, or not for all of its events while others
   * are here. On a page of its own it has at least its newest event; older ones that do not fit are a hole, which history fills.
   */
  async add(entry: InboxEntry): Promise<boolean> {
    if (this.conversations.length >= PAGE_CONVERSATIONS) return false;
    const { conversationId, removedSeq, kind } = entry.inbox;
    const view = (await readOwnViews(this.#store, this.#userId, [entry.inbox]))(conversationId);
    const sight = inboxSight(this.#userId, entry, view, this.#nowMs);
    const from = Math.max(sight.fromSeq, (this.#known.get(conversationId) ?? 0) + 1);
    const headSeq = entry.head.seq;
    const rows = from > headSeq ? [] : await this.#store.readRows(conversationId, from, headSeq, EVENTS_MAX, true);
    const all = await viewEvents(this.#store, sight, rows);
    // After the rows: it says whether they may be seen.
    const [read] = await readItems(this.#store, this.#userId, [entry], this.#nowMs);
    if (!read) return true;
    if (read.entry !== entry) return this.add(read.entry);
    const { item } = read;
    // Where the others stand is news of the others; of a channel nobody is told where each of them does.
    const receipts =
      removedSeq > 0 || kind === 'channel'
        ? []
        : await this.#receipts(conversationId, item.conversation?.memberCount ?? 0);
    const deletedForMe = view.deleted.flat();
    const bytes = Buffer.byteLength(SyncConversation.toJson({ ...item, events: [], receipts, deletedForMe })) + 1;
    const events = eventsWithin(all, all.length, this.#bytesLeft - bytes);
    if (this.conversations.length > 0 && (bytes > this.#bytesLeft || events.length < all.length)) return false;
    const conversation = { ...item, events, receipts, deletedForMe };
    this.#bytesLeft -= Buffer.byteLength(SyncConversation.toJson(conversation)) + 1;
    this.conversations.push(conversation);
    return true;
  }

  async #receipts(conversationId: string, memberCount: number): Promise<Receipt[]> {
    let rows = await this.#store.readConversationReceipts(conversationId);
    // Each member has a row. Where there are more, they are of people who went: nobody waits for those any more.
    if (rows.length > memberCount) {
      const present = (await readAllMembers(this.#store, conversationId)).filter(({ role }) => role !== 'none');
      const kept = await this.#store.readMemberReceipts(
        conversationId,
        present.map(({ userId }) => userId),
      );
      rows = kept.filter((row) => row !== undefined);
    }
    return rows.map(({ userId, deliveredSeq, readSeq }) => ({ conversationId: '', userId, deliveredSeq, readSeq }));
  }
}
