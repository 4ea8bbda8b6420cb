/** What one may do with a group beside talking in it. Who may: docs/groups.md. Each call answers when it is stored. */
import { Conversation as ConversationCodec, Invite as InviteCodec, Member as MemberCodec } from '@clatter/wire';
import type { Api } from './api.ts';
import type { ConversationApi } from './conversation-api.ts';
import type {
  ConversationSettings,
  ConversationView,
  Invite,
  InviteOptions,
  InvitePreview,
  MadeInvite,
  Member,
  Page,
} from './types.ts';

export class Groups {
  readonly #api: Pick<Api, 'call'>;
  readonly #conversations: Pick<ConversationApi, 'took'>;
  readonly #newId: () => string;

  constructor(api: Pick<Api, 'call'>, conversations: Pick<ConversationApi, 'took'>, newId: () => string) {
    this.#api = api;
    this.#conversations = conversations;
    this.#newId = newId;
  }

  /** Who may send, who may add people, and whether people who join from now on see what was before. What is left out stays. */
  async changeSettings(conversationId: string, settings: Partial<ConversationSettings>): Promise<void> {
    const body = { settings, commandId: this.#newId() };
    await this.#api.call('PATCH', `/v1/conversations/${conversationId}`, body);
  }

  /** The role of owner passes ownership on: the old owner is an admin then. */
  async setRole(conversationId: string, userId: string, role: Exclude<Member['role'], 'none'>): Promise<void> {
    const body = { role, commandId: this.#newId() };
    await this.#api.call('PATCH', `/v1/conversations/${conversationId}/members/${userId}`, body);
  }

  /** A page of the members, by user id. */
  async members(
    conversationId: string,
    { limit = 100, cursor }: { limit?: number; cursor?: string | undefined } = {},
  ): Promise<Page<Member>> {
    const query = new URLSearchParams({ limit: String(limit), ...(cursor !== undefined && { cursor }) });
    const { items, nextCursor } = (await this.#api.call(
      'GET',
      `/v1/conversations/${conversationId}/members?${query}`,
    )) as { items: unknown[]; nextCursor: string | null };
    return { items: items.map((item) => MemberCodec.fromJson(item, 'member')), nextCursor: nextCursor ?? undefined };
  }

  /** Removes a person where they are a member; they cannot become one again, by no invite either, before `unban`. */
  async ban(conversationId: string, userId: string): Promise<void> {
    await this.#api.call('POST', `/v1/conversations/${conversationId}/bans`, { userId, commandId: this.#newId() });
  }

  async unban(conversationId: string, userId: string): Promise<void> {
    await this.#api.call('DELETE', `/v1/conversations/${conversationId}/bans/${userId}?commandId=${this.#newId()}`);
  }

  /** A page of the ids of who is banned. */
  async bans(conversationId: string, cursor?: string): Promise<Page<string>> {
    const query = cursor === undefined ? '' : `?${new URLSearchParams({ cursor })}`;
    const { items, nextCursor } = (await this.#api.call('GET', `/v1/conversations/${conversationId}/bans${query}`)) as {
      items: { userId: string }[];
      nextCursor: string | null;
    };
    return { items: items.map(({ userId }) => userId), nextCursor: nextCursor ?? undefined };
  }

  /** A link by which people become members; whoever has its token can. */
  async createInvite(conversationId: string, options: InviteOptions = {}): Promise<MadeInvite> {
    const body = { ...options, commandId: this.#newId() };
    const { invite } = (await this.#api.call('POST', `/v1/conversations/${conversationId}/invites`, body)) as {
      invite: Omit<MadeInvite, 'expiresAtMs'> & { expiresAtMs: string };
    };
    return { ...invite, expiresAtMs: Number(invite.expiresAtMs) };
  }

  /** Those that are good now, without their tokens. */
  async invites(conversationId: string): Promise<readonly Invite[]> {
    const { items } = (await this.#api.call('GET', `/v1/conversations/${conversationId}/invites`)) as {
      items: unknown[];
    };
    return items.map((item) => InviteCodec.fromJson(item, 'invite'));
  }

  /** Named by its token or its id. */
  async revokeInvite(conversationId: string, tokenOrId: string): Promise<void> {
    const path = `/v1/conversations/${conversationId}/invites/${encodeURIComponent(tokenOrId)}`;
    await this.#api.call('DELETE', `${path}?commandId=${this.#newId()}`);
  }

  /** Where an invite leads, before one joins. NOT_FOUND where a join would be. */
  async previewInvite(token: string): Promise<InvitePreview> {
    const { invite } = (await this.#api.call('GET', `/v1/invites/${encodeURIComponent(token)}`)) as {
      invite: { conversation: unknown; expiresAtMs: string };
    };
    const wire = ConversationCodec.fromJson(invite.conversation, 'conversation');
    const { conversationId, title, description, pictureUrl, memberCount, role } = wire;
    const expiresAtMs = Number(invite.expiresAtMs);
    return { conversationId, title, description, pictureUrl, memberCount, role, expiresAtMs };
  }

  /** Becomes a member by an invite. NOT_FOUND where it is used up, has expired or was ended, and for who is banned. */
  async join(token: string): Promise<ConversationView> {
    const path = `/v1/invites/${encodeURIComponent(token)}/join`;
    const { conversation } = (await this.#api.call('POST', path, { commandId: this.#newId() })) as {
      conversation: unknown;
    };
    return this.#conversations.took(conversation);
  }
}
