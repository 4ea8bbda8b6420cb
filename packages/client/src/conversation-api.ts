/** Conversations by HTTP: beginning and changing them, their members, their history. */
import { Conversation as ConversationCodec, type Event, Member } from '@clatter/wire';
import type { Api } from './api.ts';
import type { Conversations } from './conversations.ts';
import type { ConversationView, HistoryQuery } from './types.ts';

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

  async members(conversationId: string): Promise<readonly Member[]> {
    const { items } = (await this.#api.call('GET', `/v1/conversations/${conversationId}/members`)) as {
      items: unknown[];
    };
    return items.map((item) => Member.fromJson(item, 'member'));
  }

  async addMembers(conversationId: string, userIds: readonly string[]): Promise<void> {
    const commandId = this.#newId();
    await this.#api.call('POST', `/v1/conversations/${conversationId}/members`, { userIds, commandId });
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
