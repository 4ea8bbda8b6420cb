/** What is known of one message beside its event, asked for when somebody looks: whom it was for, and who reacted to it. */
import type { Api } from './api.ts';
import type { GivenReaction, MessageReceipts, Page } from './types.ts';

export class MessageDetails {
  readonly #api: Pick<Api, 'call'>;

  constructor(api: Pick<Api, 'call'>) {
    this.#api = api;
  }

  async receipts(conversationId: string, seq: number, cursor?: string): Promise<MessageReceipts> {
    const { items, nextCursor, members, delivered, read } = (await this.#ask(
      conversationId,
      seq,
      'receipts',
      cursor,
    )) as {
      items: { userId: string; status: 'sent' | 'delivered' | 'read' }[];
      nextCursor: string | null;
      members: number;
      delivered: number;
      read: number;
    };
    return {
      items: items.map(({ userId, status }) => ({ userId, status })),
      nextCursor: nextCursor ?? undefined,
      members,
      delivered,
      read,
    };
  }

  async reactions(conversationId: string, seq: number, cursor?: string): Promise<Page<GivenReaction>> {
    const { items, nextCursor } = (await this.#ask(conversationId, seq, 'reactions', cursor)) as {
      items: GivenReaction[];
      nextCursor: string | null;
    };
    return { items: items.map(({ emoji, userId }) => ({ emoji, userId })), nextCursor: nextCursor ?? undefined };
  }

  #ask(conversationId: string, seq: number, what: string, cursor: string | undefined): Promise<unknown> {
    const query = cursor === undefined ? '' : `?${new URLSearchParams({ cursor })}`;
    return this.#api.call('GET', `/v1/conversations/${conversationId}/events/${seq}/${what}${query}`);
  }
}
