/** The states of conversations that were spoken to lately, bounded in bytes over all partitions of this instance. */
import { LRUCache } from 'lru-cache';
import type { ConversationState } from './conversation.ts';

interface Entry {
  /** The projector that built the state: another one loads for itself. */
  readonly owner: object;
  readonly state: ConversationState;
}

const sizeOf = (state: ConversationState): number => 600 + state.members.size * 160 + state.window.bytes;

export class ConversationCache {
  readonly #entries: LRUCache<string, Entry>;

  constructor(bytesMax: number) {
    this.#entries = new LRUCache({ maxSize: bytesMax, sizeCalculation: ({ state }) => sizeOf(state) });
  }

  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  /** The state, where this owner built it. */
  get(id: string, owner: object): ConversationState | undefined {
    const entry = this.#entries.get(id);
    return entry?.owner === owner ? entry.state : undefined;
  }

  /** Keeps states as they stand in the store. */
  keep(states: readonly ConversationState[], owner: object): void {
    for (const state of states) this.#entries.set(state.id, { owner, state });
  }

  /** Forgets what a batch may have moved on without being stored. */
  drop(ids: Iterable<string>): void {
    for (const id of ids) this.#entries.delete(id);
  }
}
