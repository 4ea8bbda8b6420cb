/**
 * The conversations of this device, and what of them outlives the program. A kept cursor must never be ahead of the conversations that are
 * kept with it: they are saved first, and it counts them, since a full storage drops them.
 */
import { ConversationState } from './conversation.ts';
import type { ClientStorage } from './storage.ts';
import type { ClientClock, ConversationView } from './types.ts';

const SAVE_MS = 400;
const CURSOR_KEY = 'cursor';
const PREFIX = 'conversation/';

export interface ConversationsParts {
  readonly storage: ClientStorage;
  readonly clock: ClientClock;
  readonly userId: () => string;
  /** Something of it changed that a screen may show. */
  readonly onChanged: (state: ConversationState) => void;
  readonly onError: (error: Error) => void;
}

export class Conversations {
  readonly #parts: ConversationsParts;
  readonly #states = new Map<string, ConversationState>();
  readonly #unsaved = new Set<ConversationState>();
  #saving: Promise<void> = Promise.resolve();
  #cancelSave: (() => void) | undefined;
  /** Of the last sync. */
  cursor: string | undefined;

  constructor(parts: ConversationsParts) {
    this.#parts = parts;
  }

  all(): ConversationState[] {
    return [...this.#states.values()];
  }

  /** As a list shows them: most recent first, without those that were never here. */
  list(): ConversationView[] {
    return this.all()
      .filter((state) => state.wire && (state.wire.role !== 'none' || state.headSeq > 0))
      .map((state) => state.view())
      .sort((a, b) => b.lastActivityMs - a.lastActivityMs || (a.conversationId < b.conversationId ? 1 : -1));
  }

  find(conversationId: string): ConversationState | undefined {
    return this.#states.get(conversationId);
  }

  /** Made where there is none. */
  get(conversationId: string): ConversationState {
    let state = this.#states.get(conversationId);
    if (!state) {
      state = new ConversationState(conversationId, this.#parts.userId);
      this.#states.set(conversationId, state);
    }
    return state;
  }

  changed(state: ConversationState): void {
    const { storage, clock, onChanged } = this.#parts;
    if (!storage.isVolatile) {
      this.#unsaved.add(state);
      this.#cancelSave ??= clock.timer(SAVE_MS, () => void this.save());
    }
    if (state.wire) onChanged(state);
  }

  /** Resolves when all that changed before is kept, or could not be. */
  save(): Promise<void> {
    this.#cancelSave?.();
    this.#cancelSave = undefined;
    this.#saving = this.#saving.then(() => this.#save()).catch(this.#parts.onError);
    return this.#saving;
  }

  /** Takes the cursor of a sync that is done. */
  async reached(cursor: string): Promise<void> {
    this.cursor = cursor;
    await this.save();
    const kept = { cursor, conversations: this.all().filter((state) => state.wire).length };
    await this.#parts.storage.set(CURSOR_KEY, JSON.stringify(kept)).catch(this.#parts.onError);
  }

  async restore(): Promise<void> {
    const { storage } = this.#parts;
    const entries = await storage.entries(PREFIX);
    let restored = 0;
    for (const [key, json] of entries) {
      const id = key.slice(PREFIX.length);
      try {
        this.get(id).restore(json);
        restored++;
      } catch {
        // Of another version of this program: the server has it.
        this.#states.delete(id);
      }
    }
    this.cursor = cursorOf(await storage.get(CURSOR_KEY), restored);
  }

  clear(): void {
    this.#cancelSave?.();
    this.#cancelSave = undefined;
    this.#unsaved.clear();
    this.#states.clear();
    this.cursor = undefined;
  }

  async #save(): Promise<void> {
    const unsaved = [...this.#unsaved];
    this.#unsaved.clear();
    for (const state of unsaved)
      if (state.wire && this.#states.get(state.id) === state)
        await this.#parts.storage.set(PREFIX + state.id, state.serialize());
  }
}

/** The cursor that was kept, where as many conversations were kept as it counts; otherwise everything is to be synced. */
function cursorOf(json: string | undefined, restored: number): string | undefined {
  try {
    const kept = JSON.parse(json ?? '{}') as { cursor?: unknown; conversations?: number };
    return typeof kept.cursor === 'string' && restored >= (kept.conversations ?? 0) ? kept.cursor : undefined;
  } catch {
    return undefined;
  }
}
