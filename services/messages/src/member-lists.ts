/** Who the present members of conversations are, for a moment: for receipts and typing, which nobody decides. */
import type { Clock } from '@clatter/runtime';
import { LRUCache } from 'lru-cache';
import { decodeDetails } from './conversation-details.ts';
import { readAllMembers } from './member-rows.ts';
import type { MessageStore } from './ports.ts';

/** How long a list is believed where another instance owns the conversation: a removed member may see typing for so long, never a message. */
const MEMBERS_TTL_MS = 5000;
const LISTS_MAX = 10_000;
const KINDS_MAX = 100_000;
/** People in one look-up. */
const LOOK_UP_MAX = 1000;

/** Who is in a conversation now. */
interface Present {
  readonly userIds: ReadonlySet<string>;
  /** Of a direct conversation: whether one of the two blocks the other. */
  readonly isBlocked: boolean;
}

/** What is known of a conversation: of a channel how many members it has, of any other that it is none. */
type Size = { readonly memberCount: number } | 'no channel';

export class MemberLists {
  readonly #store: MessageStore;
  readonly #lists: LRUCache<string, Promise<Present>>;
  readonly #sizes: LRUCache<string, Size>;

  constructor(store: MessageStore, clock: Clock) {
    this.#store = store;
    const perf = { now: () => clock.nowMs() };
    this.#lists = new LRUCache({ max: LISTS_MAX, ttl: MEMBERS_TTL_MS, perf, ttlResolution: 0 });
    this.#sizes = new LRUCache({ max: KINDS_MAX, ttl: MEMBERS_TTL_MS, perf, ttlResolution: 0 });
  }

  /** Somebody came or went, or blocked somebody. */
  forget(conversationId: string): void {
    this.#lists.delete(conversationId);
  }

  /** Of a conversation that is no channel. */
  of(conversationId: string): Promise<Present> {
    let list = this.#lists.get(conversationId);
    if (!list) {
      list = this.#read(conversationId);
      list.catch(() => this.#lists.delete(conversationId));
      this.#lists.set(conversationId, list);
    }
    return list;
  }

  async #read(conversationId: string): Promise<Present> {
    const [rows, [row]] = await Promise.all([
      readAllMembers(this.#store, conversationId),
      this.#store.readConversations([conversationId]),
    ]);
    const userIds = new Set(rows.filter(({ role }) => role !== 'none').map(({ userId }) => userId));
    const isBlocked = row?.kind === 'direct' && decodeDetails(row.details).blocks.some(({ blocked }) => blocked);
    return { userIds, isBlocked };
  }

  /** How many members a channel has; undefined where the conversation is none. */
  async channelSize(conversationId: string): Promise<number | undefined> {
    let size = this.#sizes.get(conversationId);
    if (size === undefined) {
      const [row] = await this.#store.readConversations([conversationId]);
      size = row?.kind === 'channel' ? { memberCount: row.memberCount } : 'no channel';
      // What a conversation is never changes; one that is not there yet may still become a channel.
      if (row) this.#sizes.set(conversationId, size, size === 'no channel' ? { ttl: 0 } : {});
    }
    return size === 'no channel' ? undefined : size.memberCount;
  }

  /** Which of these people are members of a channel now. */
  async membersAmong(conversationId: string, userIds: readonly string[]): Promise<ReadonlySet<string>> {
    const present = new Set<string>();
    for (let from = 0; from < userIds.length; from += LOOK_UP_MAX) {
      const some = userIds.slice(from, from + LOOK_UP_MAX);
      for (const row of await this.#store.readChannelMembers(conversationId, some))
        if (row && row.role !== 'none') present.add(row.userId);
    }
    return present;
  }
}
