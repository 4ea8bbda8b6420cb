/** The states of conversations that were spoken to lately, bounded in bytes over all partitions of this instance. */
import { LRUCache } from 'lru-cache';
import type { Loaded } from './loader.ts';

interface Entry {
  /** The projector that built the state: another one loads for itself. */
  readonly owner: object;
  readonly loaded: Loaded;
}

const sizeOf = ({ loaded: { state, rows } }: Entry): number =>
  600 +
  (state.members.size + state.details.managers.length) * 160 +
  state.details.invites.length * 250 +
  state.window.bytes +
  rows.size * 600;

export class ConversationCache {
  readonly #entries: LRUCache<string, Entry>;

  constructor(bytesMax: number) {
    this.#entries = new LRUCache({ maxSize: bytesMax, sizeCalculation: sizeOf });
  }

  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  /** The conversation, where this owner built it. */
  get(id: string, owner: object): Loaded | undefined {
    const entry = this.#entries.get(id);
    return entry?.owner === owner ? entry.loaded : undefined;
  }

  /** Keeps a conversation as it stands in the store. */
  keep(loaded: Loaded, owner: object): void {
    this.#entries.set(loaded.state.id, { owner, loaded });
  }
}
