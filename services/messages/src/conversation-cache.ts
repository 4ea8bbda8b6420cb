/**
 * The states of conversations that were spoken to lately, bounded in bytes over all partitions of this instance: least recently used goes
 * first, what an owner left that is gone among it. What goes is loaded again when it is spoken to.
 *
 * The sizes are what V8 takes for them, measured on Node 24 with 2 to 500 members and windows of 1 to 1,000 ids (conversation-cache.test.ts
 * measures again). They are of live objects: a heap that is collected now and then holds up to half as much again.
 */
import type { Counter } from '@clatter/runtime';
import { LRUCache } from 'lru-cache';
import type { Loaded } from './loader.ts';

interface Entry {
  /** The projector that built the state: another one loads for itself. */
  readonly owner: object;
  readonly loaded: Loaded;
}

export interface CacheCounters {
  readonly hits: Counter;
  readonly misses: Counter;
  readonly evictions: Counter;
}

/** The state with its head, its empty lists and its place in the cache. */
const STATE_BYTES = 1200;
/** With the id, and its place among the present ones. */
const MEMBER_BYTES = 210;
const INVITE_BYTES = 350;
const PIN_BYTES = 200;
const CALL_BYTES = 120;
/** Of a person's own log. */
const OWN_BYTES = 500;
const RUN_BYTES = 60;
/** Of the seqs that members keep. */
const MENTION_BYTES = 8;
const SCHEDULED_BYTES = 250;
/** Beside its event. */
const ROW_BYTES = 600;

function sizeOf({ loaded: { state, rows } }: Entry): number {
  const people = state.members.size + state.details.managers.length;
  let bytes = STATE_BYTES + people * MEMBER_BYTES + state.window.bytes;
  bytes += state.title.length + state.description.length + state.details.invites.length * INVITE_BYTES;
  bytes += state.details.pins.length * PIN_BYTES + state.details.callsToAll.length * CALL_BYTES;
  bytes += state.mentionCount * MENTION_BYTES;
  bytes += state.details.scheduled.length * SCHEDULED_BYTES;
  for (const { deleted } of state.own.values()) bytes += OWN_BYTES + deleted.length * RUN_BYTES;
  for (const { event } of rows.values()) bytes += ROW_BYTES + event.length;
  return bytes;
}

export class ConversationCache {
  readonly #entries: LRUCache<string, Entry>;
  readonly #counters: CacheCounters | undefined;

  constructor(bytesMax: number, counters?: CacheCounters) {
    this.#counters = counters;
    this.#entries = new LRUCache({
      maxSize: bytesMax,
      sizeCalculation: sizeOf,
      dispose: (_entry, _id, reason) => {
        if (reason === 'evict') counters?.evictions.add(1);
      },
    });
  }

  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  get conversations(): number {
    return this.#entries.size;
  }

  /** The conversation, where this owner built it. */
  get(id: string, owner: object): Loaded | undefined {
    const entry = this.#entries.get(id);
    const isOwn = entry?.owner === owner;
    this.#counters?.[isOwn ? 'hits' : 'misses'].add(1);
    return isOwn ? entry.loaded : undefined;
  }

  /** Keeps a conversation as it stands in the store. */
  keep(loaded: Loaded, owner: object): void {
    this.#entries.set(loaded.state.id, { owner, loaded });
  }
}
