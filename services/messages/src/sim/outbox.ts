/** What a client wants and has no final answer to. It outlives connections; the order within a conversation is kept. */
import type { Submission } from './socket.ts';

export interface OutboxItem {
  readonly submission: Submission;
  /** When it was first tried; undefined before. */
  triedAtMs: number | undefined;
  /** Whether a copy of it, or of one before it, was refused for now. */
  refused: boolean;
  /** Ref of the copy that is under way, 0 where none is. */
  ref: number;
}

export class Outbox {
  #items: OutboxItem[] = [];

  get empty(): boolean {
    return this.#items.length === 0;
  }

  get items(): readonly OutboxItem[] {
    return this.#items;
  }

  add(submission: Submission): void {
    this.#items.push({ submission, triedAtMs: undefined, refused: false, ref: 0 });
  }

  byRef(ref: number): OutboxItem | undefined {
    return this.#items.find((item) => item.ref === ref);
  }

  byCommand(conversationId: string, commandId: string): OutboxItem | undefined {
    return this.#items.find(
      ({ submission }) => submission.conversationId === conversationId && submission.commandId === commandId,
    );
  }

  remove(item: OutboxItem): void {
    this.#items = this.#items.filter((other) => other !== item);
  }

  /** No copy is under way any more. */
  forgetRefs(conversationId?: string): void {
    for (const item of this.#items)
      if (conversationId === undefined || item.submission.conversationId === conversationId) item.ref = 0;
  }
}
