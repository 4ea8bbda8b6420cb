/** What one may do with a group beside talking in it. Who may: docs/groups.md. Each call answers when it is stored. */
import type { Api } from './api.ts';
import type { ConversationSettings, Member } from './types.ts';

export class Groups {
  readonly #api: Pick<Api, 'call'>;
  readonly #newId: () => string;

  constructor(api: Pick<Api, 'call'>, newId: () => string) {
    this.#api = api;
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
}
