/**
 * Takes messages whose time is up off this device, at that time by the server's clock: whether it is connected or not, and before the server
 * has erased them. One timer runs for the first that is due.
 */
import type { ConversationState } from './conversation.ts';
import type { Conversations } from './conversations.ts';
import type { ClientClock } from './types.ts';

/** Timers of browsers overflow beyond 24.8 days. */
const TIMER_MS_MAX = 24 * 3_600_000;

export interface DisappearingParts {
  readonly clock: ClientClock;
  readonly conversations: () => Conversations;
}

export class Disappearing {
  readonly #parts: DisappearingParts;
  /** How far the server's clock is ahead. */
  #aheadMs = 0;
  #next: { readonly atMs: number; readonly cancel: () => void } | undefined;

  constructor(parts: DisappearingParts) {
    this.#parts = parts;
  }

  /** The server's clock, as far as it is known. */
  nowMs(): number {
    return this.#parts.clock.nowMs() + this.#aheadMs;
  }

  /** The server said what time it is. */
  told(serverTimeMs: number): void {
    this.#aheadMs = serverTimeMs - this.#parts.clock.nowMs();
    this.look();
  }

  /** Looks at all conversations: those that were just read from the storage, and after each timer. */
  look(): void {
    this.stop();
    const conversations = this.#parts.conversations();
    for (const state of conversations.all()) if (state.expire()) conversations.changed(state);
    for (const state of conversations.all()) this.changed(state);
  }

  /** A conversation may have a message that is due before all others. */
  changed({ nextExpiryMs }: Pick<ConversationState, 'nextExpiryMs'>): void {
    if (nextExpiryMs === undefined || (this.#next && this.#next.atMs <= nextExpiryMs)) return;
    this.stop();
    const delayMs = Math.min(TIMER_MS_MAX, Math.max(0, nextExpiryMs - this.nowMs()));
    const cancel = this.#parts.clock.timer(delayMs, () => {
      this.#next = undefined;
      this.look();
    });
    this.#next = { atMs: nextExpiryMs, cancel };
  }

  stop(): void {
    this.#next?.cancel();
    this.#next = undefined;
  }
}
