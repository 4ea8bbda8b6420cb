/** One owner of one conversation: takes commands as batches, decides and stores them, as the projector does. */
import { createHash } from 'node:crypto';
import { Command } from '@clatter/contracts/messages';
import type { Input } from '@clatter/wire';
import { BatchWrites } from '../batch-writes.ts';
import type { ConversationState } from '../conversation.ts';
import { ConversationBatch, type Outcome } from '../conversation-batch.ts';
import type { Submitted } from '../decision.ts';
import { type Loaded, loadConversation } from '../loader.ts';
import { BUCKET_SEQS, type MessageStore } from '../ports.ts';

export class CommandOwner {
  readonly store: MessageStore;
  #loaded: Loaded | undefined;

  constructor(store: MessageStore) {
    this.store = store;
  }

  /** The next take loads the conversation, as another owner does. */
  forget(): void {
    this.#loaded = undefined;
  }

  /** What it holds in memory. */
  get state(): ConversationState | undefined {
    return this.#loaded?.state;
  }

  /** All of one conversation, and one batch. */
  async take(submitted: readonly Submitted[]): Promise<readonly Outcome[]> {
    const [{ command, position, timestampMs }] = submitted as [Submitted];
    const { conversationId } = command;
    this.#loaded ??= await loadConversation(this.store, conversationId, position, timestampMs, BUCKET_SEQS);
    const batch = new ConversationBatch(this.#loaded, this.store, BUCKET_SEQS);
    for (const one of submitted) await batch.take(one);
    const nextOffset = (submitted.at(-1) as Submitted).position + 1;
    const writes = new BatchWrites([batch], { partition: 0, logId: 'log', epoch: 0, nextOffset });
    for (const earlier of writes.earlier) await this.store.write(earlier);
    await this.store.write(writes.last(timestampMs));
    this.#loaded = batch.loaded;
    return batch.outcomes;
  }
}

/** A command as a record of the log holds it. */
export const commandOf = (fields: Input<Command>): Command => Command.decode(Command.encode(fields));

/** The same UUID for the same name. */
export function idOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
