/**
 * Messages that are to be sent later: kept and sent by the server, so also while no device is there. What is here is what the server said
 * last; news come live, and after each connect the list is read again where somebody has asked for it.
 */
import { type Content, type Input, ScheduledMessage } from '@clatter/wire';
import type { Api } from './api.ts';
import type { ScheduleOptions } from './types.ts';

export interface ScheduleParts {
  readonly api: Pick<Api, 'call'>;
  readonly newId: () => string;
  readonly onChanged: (items: readonly ScheduledMessage[]) => void;
  readonly onError: (error: Error) => void;
}

export class Schedule {
  readonly #parts: ScheduleParts;
  readonly #items = new Map<string, ScheduledMessage>();
  #isLoaded = false;

  constructor(parts: ScheduleParts) {
    this.#parts = parts;
  }

  /** What waits, is being sent, or failed, by its time, as far as it is known here. */
  get items(): readonly ScheduledMessage[] {
    return [...this.#items.values()].sort((a, b) => a.sendAtMs - b.sendAtMs);
  }

  /** Reads the list, and keeps it up to date from then on. */
  async load(): Promise<readonly ScheduledMessage[]> {
    this.#isLoaded = true;
    const { items } = (await this.#parts.api.call('GET', '/v1/scheduled')) as { items: unknown[] };
    this.#items.clear();
    for (const json of items) {
      const item = ScheduledMessage.fromJson(json, 'scheduled');
      this.#items.set(item.messageId, item);
    }
    this.#parts.onChanged(this.items);
    return this.items;
  }

  /** Resolves with the message's id when it is kept. Errors: INVALID where the time is not within the next year; TOO_LARGE beyond 100. */
  async send(
    conversationId: string,
    content: string | Input<Content>,
    sendAtMs: number,
    { replyToSeq, messageId = this.#parts.newId() }: ScheduleOptions = {},
  ): Promise<string> {
    const said = contentOf(content);
    const body = {
      messageId,
      content: said,
      sendAtMs: String(sendAtMs),
      ...(replyToSeq !== undefined && { replyToSeq: String(replyToSeq) }),
    };
    await this.#parts.api.call('POST', `/v1/conversations/${conversationId}/messages`, body);
    this.#keep({ messageId, conversationId, content: said, replyToSeq, sendAtMs, status: 'WAITING' });
    return messageId;
  }

  /** Changes what it says, or when it is sent; has one that failed tried again. CONFLICT once it is on its way. */
  async change(
    messageId: string,
    change: { readonly content?: string | Input<Content>; readonly sendAtMs?: number },
  ): Promise<void> {
    const { content, sendAtMs } = change;
    const body = {
      ...(content !== undefined && { content: contentOf(content) }),
      ...(sendAtMs !== undefined && { sendAtMs }),
      commandId: this.#parts.newId(),
    };
    const { scheduled } = (await this.#parts.api.call('PATCH', `/v1/scheduled/${messageId}`, body)) as {
      scheduled: unknown;
    };
    this.#keep(ScheduledMessage.fromJson(scheduled, 'scheduled'));
  }

  /** Takes it back, or forgets one that failed. CONFLICT once it is on its way. */
  async cancel(messageId: string): Promise<void> {
    await this.#parts.api.call('DELETE', `/v1/scheduled/${messageId}?commandId=${this.#parts.newId()}`);
    if (this.#items.delete(messageId)) this.#parts.onChanged(this.items);
  }

  /** News of one of the own devices, or of the server. */
  onNews(news: ScheduledMessage): void {
    const known = this.#items.get(news.messageId);
    if (news.messageId === '') this.#items.clear();
    else if (news.status === 'SENT' || news.status === 'CANCELLED') this.#items.delete(news.messageId);
    else if (news.content) this.#items.set(news.messageId, news);
    else if (known) this.#items.set(known.messageId, { ...known, status: news.status, reason: news.reason });
    this.#parts.onChanged(this.items);
  }

  /** What was news meanwhile is in the list. */
  up(): void {
    if (this.#isLoaded) this.load().catch(this.#parts.onError);
  }

  clear(): void {
    this.#isLoaded = false;
    this.#items.clear();
  }

  #keep(item: Input<ScheduledMessage>): void {
    const kept = ScheduledMessage.create(item as Partial<ScheduledMessage>);
    this.#items.set(kept.messageId, kept);
    this.#parts.onChanged(this.items);
  }
}

const contentOf = (content: string | Input<Content>): Input<Content> =>
  typeof content === 'string' ? { text: { body: content } } : content;
