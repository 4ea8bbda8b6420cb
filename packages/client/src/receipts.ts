/** Tells the server how far this device got: coalesced, and again after a reconnect where the server is not known to know. */
import type { Receipt } from '@clatter/wire';
import type { ConversationState } from './conversation.ts';
import type { ClientClock } from './types.ts';

const COALESCE_MS = 300;
/** Frames in one go; the others follow, so that a long list does not use up what the server takes in a second. */
const AT_ONCE_MAX = 200;

export interface ReceiptsParts {
  readonly clock: ClientClock;
  /** False where there is no socket. */
  readonly tell: (receipt: Pick<Receipt, 'conversationId' | 'deliveredSeq' | 'readSeq'>) => boolean;
}

export class Receipts {
  readonly #parts: ReceiptsParts;
  readonly #due = new Set<ConversationState>();
  #cancel: (() => void) | undefined;

  constructor(parts: ReceiptsParts) {
    this.#parts = parts;
  }

  due(state: ConversationState): void {
    this.#due.add(state);
    this.schedule();
  }

  schedule(): void {
    if (this.#due.size > 0) this.#cancel ??= this.#parts.clock.timer(COALESCE_MS, () => this.#send());
  }

  /** There is no connection; what is due waits for the next. */
  down(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #send(): void {
    this.#cancel = undefined;
    let sent = 0;
    for (const state of this.#due) {
      if (sent === AT_ONCE_MAX) break;
      if (!state.reachedIsKnown) {
        if (!this.#parts.tell({ conversationId: state.id, ...state.reached })) return;
        sent++;
      }
      this.#due.delete(state);
    }
    this.schedule();
  }
}
