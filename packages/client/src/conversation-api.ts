/** Conversations by HTTP: beginning and changing them, their members, their history. */
import { ClatterError, Conversation as ConversationCodec, type Event, Member, Pin } from '@clatter/wire';
import type { Api } from './api.ts';
import type { Conversations } from './conversations.ts';
import type { ConversationView, HistoryQuery, Page, PollVote } from './types.ts';

/** People whom one request adds. */
const ADD_MAX = 1000;

export class ConversationApi {
  readonly #api: Api;
  readonly #conversations: Conversations;
  readonly #newId: () => string;

  constructor(api: Api, conversations: Conversations, newId: () => string) {
    this.#api = api;
    this.#conversations = conversations;
    this.#newId = newId;
  }

  openDirect(userId: string): Promise<ConversationView> {
    return this.#open({ kind: 'direct', memberIds: [userId] });
  }

  createGroup(title: string, memberIds: readonly string[]): Promise<ConversationView> {
    return this.#open({ kind: 'group', title, memberIds, commandId: this.#newId() });
  }

  createChannel(title: string, memberIds: readonly string[]): Promise<ConversationView> {
    return this.#open({ kind: 'channel', title, memberIds, commandId: this.#newId() });
  }

  async members(conversationId: string, cursor?: string, limit?: number): Promise<Page<Member>> {
    const query = new URLSearchParams({
      ...(cursor !== undefined && { cursor }),
      ...(limit !== undefined && { limit: `${limit}` }),
    });
    const path = `/v1/conversations/${conversationId}/members?${query}`;
    const { items, nextCursor } = (await this.#api.call('GET', path)) as {
      items: unknown[];
      nextCursor: string | null;
    };
    return { items: items.map((item) => Member.fromJson(item, 'member')), nextCursor: nextCursor ?? undefined };
  }

  /** More than one request takes go one after the other; those that find all of their people there have nothing to do. */
  async addMembers(conversationId: string, userIds: readonly string[]): Promise<void> {
    for (let from = 0; from < userIds.length; from += ADD_MAX) {
      const body = { userIds: userIds.slice(from, from + ADD_MAX), commandId: this.#newId() };
      try {
        await this.#api.call('POST', `/v1/conversations/${conversationId}/members`, body);
      } catch (error) {
        const isThere = error instanceof ClatterError && error.code === 'CONFLICT';
        if (!isThere || userIds.length <= ADD_MAX) throw error;
      }
    }
  }

  async removeMember(conversationId: string, userId: string): Promise<void> {
    const path = `/v1/conversations/${conversationId}/members/${userId}`;
    await this.#api.call('DELETE', `${path}?commandId=${this.#newId()}`);
  }

  async rename(
    conversationId: string,
    change: { title?: string; description?: string; pictureUrl?: string },
  ): Promise<void> {
    await this.#api.call('PATCH', `/v1/conversations/${conversationId}`, { ...change, commandId: this.#newId() });
  }

  async pins(conversationId: string): Promise<readonly Pin[]> {
    const { items } = (await this.#api.call('GET', `/v1/conversations/${conversationId}/pins`)) as { items: unknown[] };
    return items.map((item) => Pin.fromJson(item, 'pin'));
  }

  async votes(conversationId: string, seq: number): Promise<readonly PollVote[]> {
    const path = `/v1/conversations/${conversationId}/polls/${seq}/votes`;
    const { items } = (await this.#api.call('GET', path)) as { items: PollVote[] };
    return items;
  }

  history(conversationId: string, query: HistoryQuery): Promise<{ events: Event[]; hasMore: boolean }> {
    const params = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    return this.#api.events(`/v1/conversations/${conversationId}/events?${params}`);
  }

  /** Puts a page before the lines that are here. Returns whether there is more. */
  async loadEarlier(conversationId: string, limit: number): Promise<boolean> {
    const state = this.#conversations.get(conversationId);
    if (state.timeline.complete) return false;
    const before = state.timeline.start;
    const page = await this.history(conversationId, { limit, ...(before > 0 && { before }) });
    // A newer window took the place of the lines that this page is before.
    if (state.timeline.start !== before) return !state.timeline.complete;
    state.timeline.merge(page.events, !page.hasMore);
    if (!page.hasMore) state.timeline.complete = true;
    this.#conversations.changed(state);
    return page.hasMore;
  }

  async #open(body: Record<string, unknown>): Promise<ConversationView> {
    const { conversation } = (await this.#api.call('POST', '/v1/conversations', body)) as { conversation: unknown };
    return this.took(conversation);
  }

  /** The server answered with a conversation. */
  took(conversation: unknown): ConversationView {
    const wire = ConversationCodec.fromJson(conversation, 'conversation');
    const state = this.#conversations.get(wire.conversationId);
    state.describe(wire, state.timeline.end);
    this.#conversations.changed(state);
    return state.view();
  }
}
