/**
 * Brings what the server has to this device: syncs after each connect, when told to, and every few minutes; live events in between; the
 * events of a gap that the two leave. An event that came both ways counts once, by its seq.
 */
import {
  type Ack,
  ClatterError,
  Conversation as ConversationCodec,
  type Event,
  type Receipt,
  type SyncPage,
} from '@clatter/wire';
import type { Api } from './api.ts';
import type { Connection } from './connection.ts';
import type { ConversationState } from './conversation.ts';
import type { Conversations } from './conversations.ts';
import type { Outbox } from './outbox.ts';
import type { Own } from './own.ts';
import type { Receipts } from './receipts.ts';
import { changedSeq } from './timeline.ts';
import type { ClientClock, ClientEvents } from './types.ts';

const KNOWN_MAX = 200;
const HEADS_EVERY_MS = 4 * 60_000;
/** A fetch or sync that failed on a live connection is tried again after so long, or as the server says. */
const AGAIN_MS = 1000;
/** An ack that overtakes the events before it waits so long for them. */
const OVERTAKEN_MS = 1000;
/** A larger gap is left open behind the newest page; history fills it when somebody looks. */
const GAP_MAX = 500;
const PAGE = 100;

export interface SyncParts {
  readonly connection: Pick<Connection, 'ask' | 'state'>;
  readonly api: Pick<Api, 'call'>;
  readonly clock: ClientClock;
  readonly conversations: Conversations;
  readonly outbox: Pick<Outbox, 'settle'>;
  readonly receipts: Receipts;
  readonly own: Pick<Own, 'onEvent'>;
  /** Whether deliveries are acknowledged by themselves. */
  readonly sendsReceipts: boolean;
  readonly userId: () => string;
  readonly emit: <K extends 'event' | 'receipt' | 'gap' | 'error'>(name: K, value: ClientEvents[K]) => void;
}

export class Sync {
  readonly #parts: SyncParts;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  readonly #fetching = new Set<ConversationState>();
  /** Conversations whose stale messages are being read again. */
  readonly #rereading = new Set<ConversationState>();
  /** What is tried later ends with the connection: the next one syncs. */
  readonly #timers = new Set<() => void>();

  constructor(parts: SyncParts) {
    this.#parts = parts;
  }

  /** Resolves when a sync that began after the call is done; rejects where it failed. */
  sync(): Promise<void> {
    if (!this.#running) {
      this.#running = this.#syncAll().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.sync();
      });
    return this.#next;
  }

  /** Syncs on the live connection, until it succeeds. */
  resync(): void {
    this.sync().catch((error) => this.#again(error, () => this.resync()));
  }

  /** A connection is live. */
  up(): void {
    const { sendsReceipts, conversations, receipts } = this.#parts;
    this.#checkHeadsLater();
    for (const state of conversations.all()) {
      if (sendsReceipts && state.timeline.end > 0) receipts.due(state);
      if (state.stale.size > 0) void this.#reread(state);
    }
  }

  down(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  onEvent(event: Event): void {
    if (event.conversationId === this.#parts.userId()) {
      if (!this.#parts.own.onEvent(event)) this.resync();
      return;
    }
    const state = this.#parts.conversations.get(event.conversationId);
    const before = state.timeline.end;
    // Of a conversation that this device has never seen: its newest page tells the rest.
    if (before === 0 && event.seq > 1) state.timeline.heard(event.seq);
    else if (state.timeline.add(event) === 'added') this.#advance(state, before, Number.POSITIVE_INFINITY);
    if (state.timeline.behind > 0 || !state.wire) void this.#fetch(state);
  }

  onReceipts(conversationId: string, receipts: readonly Receipt[]): void {
    const { conversations, emit } = this.#parts;
    const state = conversations.find(conversationId);
    if (!state) return;
    for (const receipt of receipts) {
      state.receipt(receipt);
      emit('receipt', { ...receipt, conversationId });
    }
    conversations.changed(state);
  }

  /** A message of one's own is stored; its event may be here, follow, or never come. */
  onAck(id: string, ack: Ack): void {
    const { conversations, userId } = this.#parts;
    const state = conversations.find(ack.conversationId);
    const pending = state?.pending.get(id);
    if (!state || !pending) return;
    const { conversationId, seq, messageNo, sentAtMs } = ack;
    const before = state.timeline.end;
    if (seq <= before) state.pending.delete(id);
    // What is passed on is made by the server: its event says what became of it.
    else if (seq === before + 1 && !pending.frame.send?.forward) {
      const { replyToSeq, clientTimeMs } = pending.frame.send ?? {};
      const seconds = state.wire?.settings?.disappearAfterSeconds ?? 0;
      const message = {
        messageId: id,
        content: pending.content,
        replyToSeq,
        clientTimeMs,
        edited: false,
        deleted: false,
        reactions: [],
        // As the settings before it say; its event, where it comes, says so too.
        expiresAtMs: seconds > 0 ? sentAtMs + seconds * 1000 : undefined,
      };
      const event = { conversationId, seq, messageNo, senderId: userId(), sentAtMs, message } as Event;
      state.timeline.add(event);
      return this.#advance(state, before, Number.POSITIVE_INFINITY);
    } else {
      pending.ack = ack;
      state.timeline.heard(seq);
      this.#later(OVERTAKEN_MS, () => void this.#fetch(state));
    }
    conversations.changed(state);
  }

  async #syncAll(): Promise<void> {
    const { conversations } = this.#parts;
    for (let { cursor } = conversations; ; ) {
      const page = await this.#askPage(cursor);
      for (const item of page.conversations) this.#merge(item);
      cursor = page.cursor;
      if (page.done) return conversations.reached(cursor);
    }
  }

  async #askPage(cursor: string | undefined): Promise<SyncPage> {
    const { connection, conversations } = this.#parts;
    const known = conversations
      .all()
      .filter((state) => state.timeline.end > 0)
      .sort((a, b) => b.lastActivityMs - a.lastActivityMs)
      .slice(0, KNOWN_MAX)
      .map((state) => ({ conversationId: state.id, seq: state.timeline.end }));
    try {
      const { syncPage } = await connection.ask({ sync: { known, ...(cursor !== undefined && { cursor }) } });
      if (!syncPage) throw new ClatterError('INTERNAL', 'sync was answered with something else than a page');
      return syncPage;
    } catch (error) {
      if (cursor === undefined || !(error instanceof ClatterError) || error.code !== 'INVALID') throw error;
      // A cursor of another server, or of another time: everything, then.
      return this.#askPage(undefined);
    }
  }

  #merge(item: SyncPage['conversations'][number]): void {
    const state = this.#parts.conversations.get(item.conversation?.conversationId as string);
    const before = state.timeline.end;
    const fresh = state.timeline.merge(item.events, false);
    this.#change(state, fresh, item.events[0]?.seq ?? 0);
    state.stand(item);
    state.allReceipts(item.receipts, item.headSeq);
    // Live events that waited for the page are beyond what it says.
    for (const event of fresh) if (event.seq > item.headSeq) state.advance(event);
    this.#told(state, before, fresh);
    // A page that was full names the conversation and leaves its events to history.
    if (item.conversation?.role === 'none' || item.headSeq <= state.timeline.end) return;
    state.timeline.heard(item.headSeq);
    void this.#fetch(state);
  }

  /** Events of a page are at the end of the timeline now. */
  #told(state: ConversationState, before: number, fresh: readonly Event[]): void {
    const { conversations, receipts, sendsReceipts, emit } = this.#parts;
    const first = fresh[0];
    if (before > 0 && first && first.seq > before + 1)
      emit('gap', { conversationId: state.id, afterSeq: before, beforeSeq: first.seq });
    for (const event of fresh) this.#settle(state, event);
    for (const event of fresh) emit('event', event);
    if (sendsReceipts && fresh.length > 0) receipts.due(state);
    conversations.changed(state);
  }

  /** Events were added behind `before`: they change what is there, and the place in the list. */
  #advance(state: ConversationState, before: number, asNowFrom: number): void {
    const { timeline } = state;
    const fresh = timeline.events.slice(Math.max(0, before + 1 - timeline.start));
    this.#change(state, fresh, asNowFrom);
    for (const event of fresh) state.advance(event);
    this.#told(state, before, fresh);
  }

  /**
   * Edits, deletions and reactions change the messages that they speak of.
   * @param asNowFrom seq from which messages came with a page, and are as they are now
   */
  #change(state: ConversationState, fresh: readonly Event[], asNowFrom: number): void {
    for (const event of fresh) {
      const target = changedSeq(event) ?? asNowFrom;
      if (event.expired) state.timeline.change(event);
      else if (target < asNowFrom && !state.timeline.change(event, this.#parts.userId()))
        state.stale.set(target, event.seq);
    }
    if (state.stale.size > 0) void this.#reread(state);
  }

  /** An own event shows that its command is stored, whatever else was answered. */
  #settle(state: ConversationState, event: Event): void {
    if (event.senderId !== this.#parts.userId() || !event.message) return;
    const { messageId } = event.message;
    state.pending.delete(messageId);
    const { conversationId, seq, messageNo, sentAtMs } = event;
    this.#parts.outbox.settle(messageId, { conversationId, messageId, seq, messageNo, sentAtMs });
  }

  /** Fetches what is between the end of the run and what was heard of, and what the conversation is. */
  async #fetch(state: ConversationState): Promise<void> {
    if (this.#fetching.has(state)) return;
    this.#fetching.add(state);
    try {
      while (state.timeline.behind > 0) await this.#fetchPage(state);
      if (!state.wire) await this.#describe(state);
      this.#fetching.delete(state);
    } catch (error) {
      this.#fetching.delete(state);
      // Gone from here: a sync has what is left to see.
      if (error instanceof ClatterError && (error.code === 'NOT_A_MEMBER' || error.code === 'NOT_FOUND')) this.resync();
      else this.#again(error, () => void this.#fetch(state));
    }
    this.#parts.conversations.changed(state);
  }

  /** Asks again where it was changed meanwhile: the answer may or may not have taken that in. */
  async #describe(state: ConversationState): Promise<void> {
    let asOf: number;
    do {
      asOf = state.timeline.end;
      const { conversation } = (await this.#parts.api.call('GET', `/v1/conversations/${state.id}`)) as {
        conversation: unknown;
      };
      state.describe(ConversationCodec.fromJson(conversation, 'conversation'), asOf);
    } while (state.describedBySeq > asOf);
  }

  async #fetchPage(state: ConversationState): Promise<void> {
    const { timeline } = state;
    const asked = timeline.behind > GAP_MAX ? 0 : timeline.end;
    const { historyPage } = await this.#parts.connection.ask({
      history: { conversationId: state.id, limit: PAGE, ...(asked > 0 && { afterSeq: asked }) },
    });
    // A sync or live events may have moved the end meanwhile, and were told of.
    const before = timeline.end;
    const events = historyPage?.events ?? [];
    timeline.merge(events, false);
    if (timeline.end > before) this.#advance(state, before, events[0]?.seq ?? 0);
    else if (timeline.behind > 0) throw new ClatterError('UNAVAILABLE', 'history does not have what was heard of');
  }

  /** Reads messages again that a live event changed in a way that only the server can tell. */
  async #reread(state: ConversationState): Promise<void> {
    if (this.#rereading.has(state)) return;
    this.#rereading.add(state);
    try {
      for (let [next] = state.stale; next; [next] = state.stale) {
        const [seq, changedBy] = next;
        const { historyPage } = await this.#parts.connection.ask({
          history: { conversationId: state.id, beforeSeq: seq + 1, limit: 1 },
        });
        state.timeline.merge(historyPage?.events ?? [], false);
        if (state.stale.get(seq) === changedBy) state.stale.delete(seq);
        this.#parts.conversations.changed(state);
      }
    } catch (error) {
      this.#again(error, () => void this.#reread(state));
    } finally {
      this.#rereading.delete(state);
    }
  }

  #checkHeadsLater(): void {
    this.#later(HEADS_EVERY_MS, () => {
      this.resync();
      this.#checkHeadsLater();
    });
  }

  /** What passes is tried again while the connection is live; the next connection syncs anyway. */
  #again(error: unknown, run: () => void): void {
    const { connection, emit } = this.#parts;
    if (!(error instanceof ClatterError && (error.code === 'UNAVAILABLE' || error.code === 'RATE_LIMITED')))
      return emit('error', error as Error);
    if (connection.state === 'live' || connection.state === 'syncing')
      this.#later(Math.max(AGAIN_MS, error.retryAfterMs), run);
  }

  #later(delayMs: number, run: () => void): void {
    const cancel = this.#parts.clock.timer(delayMs, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }
}
