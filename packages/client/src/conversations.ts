/**
 * The conversations of this program, and what of them outlives it. A kept cursor must never be ahead of the conversations that are kept with
 * it: they are saved first, and it counts them, since a full storage drops them.
 *
 * Of several programs that share the storage one writes, the keeper, who holds the lock; the others have the same from the server. A
 * keeper may hold less than the one before it wrote. So it goes on from the kept cursor only where its own conversations are complete up to
 * there; else it drops that cursor, before it writes what it holds. Where nothing guards the storage all write, and no cursor is kept.
 */
import { ConversationState } from './conversation.ts';
import type { Locks } from './locks.ts';
import { type ClientStorage, keysOf } from './storage.ts';
import type { ClientClock, ConversationView } from './types.ts';

const SAVE_MS = 400;

export interface ConversationsParts {
  readonly storage: ClientStorage;
  readonly locks: Locks;
  readonly clock: ClientClock;
  readonly userId: () => string;
  /** The server's clock, as far as it is known. */
  readonly nowMs: () => number;
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
  #keys = keysOf('');
  #isOpen = false;
  #isKeeper = false;
  /** What the storage says of a cursor, where these conversations are complete up to it. */
  #keptCursor: string | undefined;
  /** Of the last sync. */
  cursor: string | undefined;

  constructor(parts: ConversationsParts) {
    this.#parts = parts;
  }

  all(): ConversationState[] {
    return [...this.#states.values()];
  }

  /** As a list shows them: the pinned, then most recent first; without the hidden ones and those that were never here. */
  list(): ConversationView[] {
    return this.all()
      .filter((state) => state.wire && (state.wire.role !== 'none' || state.headSeq > 0))
      .map((state) => state.view())
      .filter(({ hidden }) => !hidden)
      .sort(
        (a, b) =>
          pinOf(a) - pinOf(b) || b.lastActivityMs - a.lastActivityMs || (a.conversationId < b.conversationId ? 1 : -1),
      );
  }

  find(conversationId: string): ConversationState | undefined {
    return this.#states.get(conversationId);
  }

  /** Made where there is none. */
  get(conversationId: string): ConversationState {
    let state = this.#states.get(conversationId);
    if (!state) {
      state = new ConversationState(conversationId, this.#parts.userId, this.#parts.nowMs);
      this.#states.set(conversationId, state);
    }
    return state;
  }

  changed(state: ConversationState): void {
    const { storage, onChanged } = this.#parts;
    if (!storage.isVolatile) {
      this.#unsaved.add(state);
      this.#saveLater();
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
  reached(cursor: string): Promise<void> {
    this.cursor = cursor;
    return this.save();
  }

  /** Reads what was kept, and asks to be the keeper. */
  async open(): Promise<void> {
    const { storage, locks, userId, onError } = this.#parts;
    if (storage.isVolatile) return;
    this.#isOpen = true;
    this.#keys = keysOf(userId());
    if (this.#states.size === 0) await this.#restore();
    locks
      .hold(this.#keys.conversations)
      .then((isHeld) => {
        if (!isHeld || !this.#isOpen) return;
        this.#isKeeper = true;
        this.#saveLater();
      })
      .catch(onError);
  }

  /** Lets another program be the keeper. */
  async close(): Promise<void> {
    await this.save();
    this.stop();
  }

  /** Keeps nothing from now on. */
  stop(): void {
    this.#isOpen = false;
    this.#isKeeper = false;
    this.#cancelSave?.();
    this.#cancelSave = undefined;
    this.#parts.locks.release(this.#keys.conversations);
  }

  clear(): void {
    this.#unsaved.clear();
    this.#states.clear();
    this.cursor = undefined;
  }

  #saveLater(): void {
    if (this.#isKeeper) this.#cancelSave ??= this.#parts.clock.timer(SAVE_MS, () => void this.save());
  }

  async #restore(): Promise<void> {
    const { storage } = this.#parts;
    const { cursor, conversations } = this.#keys;
    const before = await storage.get(cursor);
    let restored = 0;
    for (const [key, json] of await storage.entries(conversations)) {
      const id = key.slice(conversations.length);
      try {
        this.get(id).restore(json);
        restored++;
      } catch {
        // Of another version of this program: the server has it.
        this.#states.delete(id);
      }
    }
    // Another keeper may have written meanwhile.
    if (before !== (await storage.get(cursor))) return;
    this.cursor = cursorOf(before, restored);
    this.#keptCursor = this.cursor === undefined ? undefined : before;
  }

  async #save(): Promise<void> {
    const { storage, locks } = this.#parts;
    if (!this.#isKeeper) return;
    // Of the keeper before, whose last writes may be seen late.
    if ((await storage.get(this.#keys.cursor)) !== this.#keptCursor) {
      await storage.delete(this.#keys.cursor);
      this.#keptCursor = undefined;
      for (const state of this.#states.values()) this.#unsaved.add(state);
    }
    // What is saved from here on holds all up to it.
    const { cursor } = this;
    for (const state of [...this.#unsaved]) {
      if (!this.#isKeeper) return;
      this.#unsaved.delete(state);
      if (!state.wire || this.#states.get(state.id) !== state) continue;
      await storage.set(this.#keys.conversations + state.id, state.serialize()).catch((error) => {
        this.#unsaved.add(state);
        throw error;
      });
    }
    if (!this.#isKeeper || !locks.guard || cursor === undefined) return;
    const kept = JSON.stringify({ cursor, conversations: this.all().filter((state) => state.wire).length });
    if (kept === this.#keptCursor) return;
    await storage.set(this.#keys.cursor, kept);
    this.#keptCursor = kept;
  }
}

const pinOf = ({ pinPlace }: ConversationView): number => pinPlace || Number.MAX_SAFE_INTEGER;

/** The cursor that was kept, where as many conversations were kept as it counts; otherwise everything is to be synced. */
function cursorOf(json: string | undefined, restored: number): string | undefined {
  try {
    const kept = JSON.parse(json ?? '{}') as { cursor?: unknown; conversations?: number };
    return typeof kept.cursor === 'string' && restored >= (kept.conversations ?? 0) ? kept.cursor : undefined;
  } catch {
    return undefined;
  }
}
