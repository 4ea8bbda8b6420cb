/**
 * A device that keeps the rules of the outside contract: it registers before it syncs, drops what it has by seq, fetches gaps, reports the
 * end of its gapless prefix, and sends what has no final answer again, marked, in order, on whatever gateway it finds.
 */
import type { Event, FrameEncoding, HistoryPage, ServerFrame, SyncPage } from '@clatter/wire';
import { HeldConversation } from './held-conversation.ts';
import { Outbox, type OutboxItem } from './outbox.ts';
import type { Random } from './random.ts';
import type { Life } from './scheduler.ts';
import type { SimulatedGateway } from './simulated-gateway.ts';
import type { Socket, Submission } from './socket.ts';

const RECONNECT_MS = 1000;
const TIRED_MS = 8000;
const TIRED_MS_MAX = 128_000;
const AGAIN_MS = 500;
const IN_FLIGHT_MAX = 4;
/** A client that forgets to mark a repeat does so only shortly after the first try. */
const UNMARKED_MS = 60_000;

/** What a client must do; each can be left out to see that it is found. */
export interface ClientRules {
  fetchesGaps: boolean;
  /** False: it reports the highest seq that it holds. */
  knownIsPrefix: boolean;
  /** A resync that comes during a sync has it sync once more. */
  resyncsAgain: boolean;
}

export const clientRules = (): ClientRules => ({ fetchesGaps: true, knownIsPrefix: true, resyncsAgain: true });

export interface ClientWatcher {
  /** What a client says that it holds without a gap. */
  onKnown(client: SimulatedClient, conversationId: string, seq: number): void;
  /** A page says that what lies before `seq` is not to be had. */
  onSkip(client: SimulatedClient, conversationId: string, afterSeq: number, seq: number): void;
  /** An event came: live, or in the answer to what was asked at a step. */
  onEvent(client: SimulatedClient, event: Event, askedAt?: number): void;
  onAnswer(client: SimulatedClient, submission: Submission, frame: ServerFrame): void;
}

export interface SimulatedClientParts {
  readonly random: Random;
  readonly gateways: () => readonly SimulatedGateway[];
  /** Steps so far. */
  readonly steps: () => number;
  readonly rules: ClientRules;
  readonly watcher: ClientWatcher;
  /** Probability that a repeat is not marked. */
  readonly unmarked: number;
  /** Probability that a sync does not tell of a conversation that is held: the cursor alone must find what is new there. */
  readonly untold: number;
}

type State = 'offline' | 'connecting' | 'live';

export class SimulatedClient {
  readonly userId: string;
  readonly encoding: FrameEncoding;
  readonly life: Life;
  readonly outbox = new Outbox();
  readonly conversations = new Map<string, HeldConversation>();
  state: State = 'offline';
  /** Whether it wants to be connected. */
  wanted = false;
  gateway: SimulatedGateway | undefined;
  readonly #parts: SimulatedClientParts;
  readonly #asked = new Map<number, (frame: ServerFrame) => void>();
  #socket: Socket | undefined;
  #refs = 0;
  #cursor: string | undefined;
  #syncing = false;
  #syncWanted = false;
  /** Conversations in which something was refused for now: all of it is sent again, in order, in a moment. */
  readonly #refused = new Set<string>();
  /** How long it waits for an answer; longer when there was none. */
  #patienceMs = TIRED_MS;

  constructor(userId: string, encoding: FrameEncoding, life: Life, parts: SimulatedClientParts) {
    this.userId = userId;
    this.encoding = encoding;
    this.life = life;
    this.#parts = parts;
  }

  /** Nothing is under way and nothing is wanted. */
  get idle(): boolean {
    return (
      this.state === 'live' &&
      !this.#syncing &&
      !this.#syncWanted &&
      this.outbox.empty &&
      ![...this.conversations.values()].some((held) => held.fetching)
    );
  }

  /** Why it is not idle. */
  get doing(): string {
    const gaps = [...this.conversations.values()].filter((held) => held.fetching).map((held) => held.id.slice(-6));
    return `${this.state}${this.#syncing ? ', syncs' : ''}${this.#syncWanted ? ', wants to sync' : ''}, ${this.outbox.items.length} in the outbox, fetches [${gaps}]`;
  }

  goOnline(): void {
    this.wanted = true;
    this.#connect();
  }

  /** Loses its connection; comes back by itself. */
  disconnect(): void {
    this.#socket?.break();
  }

  goOffline(): void {
    this.wanted = false;
    this.disconnect();
  }

  submit(submission: Submission): void {
    this.outbox.add(submission);
    this.#send();
  }

  held(conversationId: string): HeldConversation {
    let held = this.conversations.get(conversationId);
    if (!held) {
      held = new HeldConversation(conversationId);
      this.conversations.set(conversationId, held);
    }
    return held;
  }

  #connect(): void {
    if (this.state !== 'offline' || !this.wanted) return;
    const gateways = this.#parts.gateways();
    if (gateways.length === 0)
      return this.life.later(`${this.life.name} finds no gateway`, () => this.#connect(), RECONNECT_MS);
    this.state = 'connecting';
    this.gateway = this.#parts.random.pick(gateways);
    const socket: Socket = this.gateway.accept(
      { life: this.life, onFrame: (frame) => this.#onFrame(socket, frame), onClosed: () => this.#onClosed(socket) },
      this.encoding,
    );
    this.#socket = socket;
    if (this.gateway.life.state === 'dead') return socket.break();
    this.#ask({ hello: { userId: this.userId, sessionId: this.life.name } }, (frame) => {
      if (!frame.welcome) return socket.break();
      this.state = 'live';
      this.#sync();
      this.#send();
    });
    this.life.later(
      `${this.life.name} waits no longer for its welcome`,
      () => socket === this.#socket && this.state === 'connecting' && socket.break(),
      TIRED_MS,
    );
  }

  #onClosed(socket: Socket): void {
    if (socket !== this.#socket) return;
    this.state = 'offline';
    this.#socket = undefined;
    this.#asked.clear();
    this.#syncing = false;
    this.#syncWanted = false;
    this.outbox.forgetRefs();
    for (const held of this.conversations.values()) held.fetching = false;
    this.life.later(`${this.life.name} reconnects`, () => this.#connect(), this.#parts.random.next() * RECONNECT_MS);
  }

  #ask(ask: object, answer: (frame: ServerFrame) => void): number {
    const ref = ++this.#refs;
    this.#asked.set(ref, answer);
    this.#socket?.ask({ ref, ...ask });
    return ref;
  }

  #onFrame(socket: Socket, frame: ServerFrame): void {
    if (socket !== this.#socket) return;
    if (frame.event) this.#onEvent(frame.event);
    else if (frame.resync) this.#sync();
    else {
      const answer = this.#asked.get(frame.ref);
      this.#asked.delete(frame.ref);
      answer?.(frame);
    }
  }

  #onEvent(event: Event): void {
    const held = this.held(event.conversationId);
    this.#parts.watcher.onEvent(this, event);
    held.add(event);
    this.#settledByEvent(event);
    this.#fillGap(held);
  }

  /** An event of one's own message is as good as its ack. */
  #settledByEvent(event: Event): void {
    const item =
      event.message && event.senderId === this.userId
        ? this.outbox.byCommand(event.conversationId, event.message.messageId)
        : undefined;
    if (!item) return;
    this.outbox.remove(item);
    this.#send();
  }

  #sync(): void {
    if (this.#syncing || this.state !== 'live') {
      if (this.#parts.rules.resyncsAgain) this.#syncWanted = this.state === 'live';
      return;
    }
    this.#syncing = true;
    this.#syncWanted = false;
    this.#syncPage(this.#cursor);
  }

  #syncPage(cursor: string | undefined): void {
    const { rules, watcher, random, untold } = this.#parts;
    // A hole is the client's to tell of: it may be older than the cursor.
    const told = [...this.conversations.values()].filter(
      (held) => cursor === undefined || held.hasGap || !random.chance(untold),
    );
    const known = told.map((held) => ({
      conversationId: held.id,
      seq: rules.knownIsPrefix ? held.prefix : held.highest,
    }));
    for (const { conversationId, seq } of known) watcher.onKnown(this, conversationId, seq);
    const askedAt = this.#parts.steps();
    this.#ask({ sync: { known, cursor } }, ({ syncPage }) => {
      if (!syncPage) {
        this.#syncing = false;
        this.#syncWanted = true;
        return this.#again('syncs again', () => this.#syncWanted && this.#sync());
      }
      this.#takePage(syncPage, askedAt);
      if (!syncPage.done) return this.#syncPage(syncPage.cursor);
      this.#cursor = syncPage.cursor;
      this.#syncing = false;
      if (this.#syncWanted) return this.#sync();
      for (const held of this.conversations.values())
        if (held.hasGap && !held.fetching) this.#again('fetches what the sync left out', () => this.#fillGap(held));
    });
  }

  #takePage(page: SyncPage, askedAt: number): void {
    for (const { conversation, headSeq, events } of page.conversations) {
      const held = this.held(conversation?.conversationId as string);
      held.headSeq = Math.max(held.headSeq, headSeq);
      for (const event of events) {
        this.#parts.watcher.onEvent(this, event, askedAt);
        held.add(event);
        this.#settledByEvent(event);
      }
      // Who was removed can ask for nothing more: what there is, is here.
      const first = events[0];
      if (conversation?.role === 'none' && first) {
        if (first.seq > held.prefix + 1) this.#skip(held, first.seq);
      } else this.#fillGap(held);
    }
  }

  #fillGap(held: HeldConversation): void {
    if (!held.hasGap || held.fetching || this.state !== 'live' || !this.#parts.rules.fetchesGaps) return;
    held.fetching = true;
    const afterSeq = held.prefix;
    const askedAt = this.#parts.steps();
    this.#ask(
      { history: { conversationId: held.id, afterSeq, limit: this.#parts.random.between(1, 20) } },
      ({ historyPage, reject }) => {
        held.fetching = false;
        if (historyPage) return this.#takeHistory(held, afterSeq, historyPage, askedAt);
        const code = reject?.code;
        // Gone from here: the sync has what is left to see, and nobody owes what was only spoken of.
        if (code === 'NOT_A_MEMBER' || code === 'NOT_FOUND') {
          held.headSeq = held.highest;
          this.#sync();
        } else this.#again('fetches again', () => this.#fillGap(held));
      },
    );
  }

  #takeHistory(held: HeldConversation, afterSeq: number, page: HistoryPage, askedAt: number): void {
    const first = page.events[0];
    if (first && first.seq > afterSeq + 1 && first.seq > held.prefix + 1) this.#skip(held, first.seq);
    for (const event of page.events) {
      this.#parts.watcher.onEvent(this, event, askedAt);
      held.add(event);
      this.#settledByEvent(event);
    }
    if (!held.hasGap) return;
    if (first) this.#fillGap(held);
    else this.#again('fetches again', () => this.#fillGap(held));
  }

  #skip(held: HeldConversation, seq: number): void {
    this.#parts.watcher.onSkip(this, held.id, held.prefix, seq);
    held.skipTo(seq);
  }

  #again(what: string, run: () => void): void {
    const socket = this.#socket;
    this.life.later(`${this.life.name} ${what}`, () => socket === this.#socket && run(), AGAIN_MS);
  }

  /** Sends what is not under way, in order, a few at a time in each conversation. */
  #send(): void {
    if (this.state !== 'live') return;
    const inFlight = new Map<string, number>();
    for (const item of this.outbox.items) {
      const { conversationId } = item.submission;
      const count = inFlight.get(conversationId) ?? 0;
      inFlight.set(conversationId, count + 1);
      if (item.ref === 0 && count < IN_FLIGHT_MAX && !this.#refused.has(conversationId)) this.#sendItem(item);
    }
  }

  #sendItem(item: OutboxItem): void {
    const { submission } = item;
    const { random, unmarked } = this.#parts;
    const now = this.life.clock.nowMs();
    const first = item.triedAtMs === undefined;
    const since = now - (item.triedAtMs ?? now);
    item.triedAtMs ??= now;
    // Whoever was refused must mark what it sends again, or the gateway goes on refusing.
    const marked = !first && !(since < UNMARKED_MS && !item.refused && random.chance(unmarked));
    const socket = this.#socket;
    const ref = this.#ask({ command: { ...submission, retry: marked } }, (frame) => this.#onAnswer(item, frame));
    item.ref = ref;
    this.life.later(
      `${this.life.name} grows tired of ref ${ref}`,
      () => socket === this.#socket && item.ref === ref && this.#tired(item),
      this.#patienceMs,
    );
  }

  #tired({ submission }: OutboxItem): void {
    if (!this.outbox.byCommand(submission.conversationId, submission.commandId)) return;
    this.#patienceMs = Math.min(TIRED_MS_MAX, this.#patienceMs * 2);
    if (this.#parts.random.chance(0.5)) return this.disconnect();
    this.outbox.forgetRefs(submission.conversationId);
    this.#send();
  }

  #onAnswer(item: OutboxItem, frame: ServerFrame): void {
    const { submission } = item;
    this.#parts.watcher.onAnswer(this, submission, frame);
    const code = frame.reject?.code;
    if (frame.ack || (code !== undefined && code !== 'UNAVAILABLE' && code !== 'RATE_LIMITED')) {
      this.outbox.remove(item);
      this.#patienceMs = TIRED_MS;
      return this.#send();
    }
    // This one and all behind it are sent again, in order.
    for (const other of this.outbox.items)
      if (other.submission.conversationId === submission.conversationId) other.refused = true;
    const { conversationId } = submission;
    if (this.#refused.has(conversationId)) return;
    this.#refused.add(conversationId);
    this.life.later(
      `${this.life.name} sends again in ${conversationId.slice(-6)}`,
      () => {
        this.#refused.delete(conversationId);
        this.outbox.forgetRefs(conversationId);
        this.#send();
      },
      AGAIN_MS,
    );
  }
}
