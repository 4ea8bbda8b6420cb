/** One conversation on this device: its place in the list, its lines, who got how far, and what is on its way. */
import {
  type Ack,
  type ClientFrame,
  type Content,
  Conversation as ConversationCodec,
  ConversationFlags,
  Draft,
  type Event,
  Event as EventCodec,
  type Input,
  type Message,
  type Poll,
  type PollState,
  type Receipt,
  type Conversation as WireConversation,
} from '@clatter/wire';
import { isArchived, isHidden, mutedUntilMs, OwnFlags } from './own-flags.ts';
import { Timeline } from './timeline.ts';
import type { ConversationView, MessageStatus, MessageView, TimelineEntry } from './types.ts';

/** Events that are kept over a restart. */
const KEPT_EVENTS = 60;

/** A message of one's own that the timeline does not show yet. */
export interface Pending {
  readonly messageId: string;
  readonly frame: Input<ClientFrame>;
  /** What it says, as far as is known here. */
  readonly content: Content | undefined;
  readonly sinceMs: number;
  failed: boolean;
  /** It is stored, and events before it are still to come. */
  ack: Ack | undefined;
}

/** How far somebody got. */
export interface Watermarks {
  readonly deliveredSeq: number;
  readonly readSeq: number;
}

/** Events that are lines of their own, beside messages. What this version does not know is none. */
const isLine = (event: Event): boolean => {
  const { created, membersChanged, renamed, settingsChanged, inviteCreated, inviteRevoked, pinned } = event;
  return [created, membersChanged, renamed, settingsChanged, inviteCreated, inviteRevoked, pinned].some(
    (body) => body !== undefined,
  );
};

/** How a poll stands in which nobody voted yet. */
const noVotes = ({ options }: Poll): PollState => ({
  options: options.map(() => ({ count: 0, mine: false })),
  voters: 0,
  closed: false,
});

/** Messages that an event takes away. */
const goneSeqs = ({ deleted, expired }: Event): readonly number[] => expired?.seqs ?? (deleted ? [deleted.seq] : []);

/** Whether a text speaks of a person, or of all. */
export const mentions = (content: Content | undefined, userId: string): boolean =>
  content?.text?.mentions.some((mention) => mention.all || mention.userId === userId) ?? false;

/** Whether a message's time is up. */
const isOver = ({ message }: Event, nowMs: number): boolean =>
  message?.expiresAtMs !== undefined && message.expiresAtMs <= nowMs;

const blank = (message: Message): Message => ({
  ...message,
  content: undefined,
  edited: false,
  deleted: true,
  reactions: [],
});

function* pairs(numbers: readonly number[]): Generator<readonly [number, number]> {
  for (let i = 0; i + 1 < numbers.length; i += 2) yield [numbers[i] as number, numbers[i + 1] as number];
}

/** What a sync page, or a list, says of a conversation. */
export interface Standing {
  readonly conversation?: WireConversation | undefined;
  readonly headSeq: number;
  readonly messageNo: number;
  readonly readSeq: number;
  readonly unread: number;
  readonly lastMessage?: Event | undefined;
  readonly lastActivityMs: number;
  readonly mentions: number;
  readonly flags?: ConversationFlags | undefined;
  readonly draft?: Draft | undefined;
  readonly deletedForMe?: readonly number[];
}

export class ConversationState {
  readonly id: string;
  readonly timeline = new Timeline();
  readonly receipts = new Map<string, Watermarks>();
  readonly pending = new Map<string, Pending>();
  /** Messages of the timeline that must be read again to be shown as they are now, each with the seq of what changed it last. */
  readonly stale = new Map<number, number>();
  /** What the person made of it for themselves. */
  readonly own = new OwnFlags();
  readonly #own: () => string;
  readonly #nowMs: () => number;
  wire: WireConversation | undefined;
  /** Up to where its events are in `wire`. */
  #wireSeq = 0;
  /** Seq of the newest event that changed what the conversation is. */
  describedBySeq = 0;
  headSeq = 0;
  messageNo = 0;
  readSeq = 0;
  unread = 0;
  /** Messages after readSeq that mention one, of others. */
  mentions = 0;
  lastMessage: Event | undefined;
  lastActivityMs = 0;

  /** @param nowMs the server's clock, as far as it is known */
  constructor(id: string, own: () => string, nowMs: () => number = Date.now) {
    this.id = id;
    this.#own = own;
    this.#nowMs = nowMs;
  }

  /** Takes the server's word for where it stands. */
  stand(standing: Standing): void {
    // Of another log than the rest.
    if (standing.flags && this.own.take(standing.flags)) this.own.takeDraft(standing.draft, standing.flags.ownSeq);
    if (standing.deletedForMe) this.deleteForMe(pairs(standing.deletedForMe));
    if (standing.headSeq < this.headSeq) return;
    if (standing.conversation) this.describe(standing.conversation, standing.headSeq);
    this.headSeq = standing.headSeq;
    this.messageNo = standing.messageNo;
    this.unread = standing.unread;
    // What was kept by a version that did not count them has none.
    this.mentions = standing.mentions ?? 0;
    // Where the server does not know yet what was read here.
    const readHere = this.readSeq;
    this.readSeq = standing.readSeq;
    // Of a channel no receipts come, not even one's own.
    if (this.wire?.kind === 'channel')
      this.receipt({ userId: this.#own(), deliveredSeq: standing.readSeq, readSeq: standing.readSeq });
    this.read(readHere);
    this.lastMessage = standing.lastMessage ?? this.lastMessage;
    this.lastActivityMs = standing.lastActivityMs;
  }

  /** Takes the server's word for what it is, as of an event. */
  describe(wire: WireConversation, asOfSeq: number): void {
    // Whoever is no member any more is not told what it is now: it stays what it was.
    this.wire = wire.role === 'none' && this.wire ? { ...this.wire, role: 'none' } : wire;
    this.#wireSeq = asOfSeq;
    if (this.lastActivityMs === 0) this.lastActivityMs = wire.createdAtMs;
  }

  /** An event was added to the end of the timeline. */
  advance(event: Event): void {
    // Whoever is here again may not be among those that the event names.
    if (this.wire?.role === 'none' && event.membersChanged?.addedCount) this.wire = undefined;
    if (event.seq > this.headSeq) {
      const own = event.senderId === this.#own();
      if (event.message) {
        if (own) this.read(event.seq);
        else if (event.seq > this.readSeq) {
          this.unread += 1;
          if (this.#callsMe(event)) this.mentions += 1;
        }
      }
      this.headSeq = event.seq;
      this.messageNo = event.messageNo;
      this.lastActivityMs = event.sentAtMs;
    }
    if (event.message && event.seq >= (this.lastMessage?.seq ?? 0)) this.lastMessage = event;
    const changed = event.edited?.seq ?? event.deleted?.seq;
    const last = this.lastMessage?.seq ?? 0;
    if (changed === last || event.expired?.seqs.includes(last))
      this.lastMessage = this.timeline.at(last) ?? this.lastMessage;
    const gone = goneSeqs(event);
    if (gone.some((seq) => seq > this.readSeq)) this.mentions = this.#mentionsAfter(this.readSeq);
    if (event.renamed || event.membersChanged || event.settingsChanged) this.describedBySeq = event.seq;
    if (event.membersChanged) this.#changeReaders(event.seq, event.membersChanged);
    if (this.wire && event.seq > this.#wireSeq) this.#changeWire(event, this.wire);
  }

  /** Ticks wait for nobody who went, and whoever comes has read up to there, as the server has it. */
  #changeReaders(seq: number, { added, removedIds }: NonNullable<Event['membersChanged']>): void {
    for (const userId of removedIds) this.receipts.delete(userId);
    for (const { userId } of added) this.#reached(userId, { deliveredSeq: seq, readSeq: seq });
  }

  /** When the first message of those that are here disappears. */
  get nextExpiryMs(): number | undefined {
    const { message } = this.lastMessage ?? {};
    const last = message?.deleted ? undefined : message?.expiresAtMs;
    return last === undefined ? this.timeline.nextExpiryMs : Math.min(last, this.timeline.nextExpiryMs ?? last);
  }

  /** Takes the content of messages away whose time is up. Returns whether there were any. */
  expire(): boolean {
    const nowMs = this.#nowMs();
    const { lastMessage } = this;
    const isLast = lastMessage?.message && !lastMessage.message.deleted && isOver(lastMessage, nowMs);
    if (isLast) this.lastMessage = { ...lastMessage, message: blank(lastMessage.message as Message) };
    return this.timeline.expire(nowMs) || Boolean(isLast);
  }

  /** Messages that are the person's no more. */
  deleteForMe(runs: Iterable<readonly [number, number]>): void {
    for (const [first, last] of runs) {
      this.timeline.deleteForMe(first, last);
      const { seq = 0 } = this.lastMessage ?? {};
      if (seq >= first && seq <= last) this.lastMessage = this.timeline.events.findLast((event) => event.message);
    }
  }

  /** The own read point moved. */
  read(seq: number): void {
    if (seq <= this.readSeq) return;
    this.readSeq = seq;
    const at = this.timeline.at(seq);
    this.mentions = this.#mentionsAfter(seq);
    if (seq >= this.headSeq) this.unread = 0;
    else if (at) this.unread = Math.max(0, this.messageNo - at.messageNo);
  }

  /** Counted where all that is unread is here; else no more than before. */
  #mentionsAfter(seq: number): number {
    if (seq >= this.headSeq) return 0;
    const { start, events } = this.timeline;
    if (start === 0 || start > seq + 1) return this.mentions;
    return events.filter((event) => event.seq > seq && this.#callsMe(event)).length;
  }

  #callsMe({ senderId, message }: Event): boolean {
    const own = this.#own();
    return senderId !== own && mentions(message?.content, own);
  }

  /** How far this device got. */
  get reached(): Watermarks {
    // In a channel nobody is told what was delivered.
    if (this.wire?.kind === 'channel') return { deliveredSeq: this.readSeq, readSeq: this.readSeq };
    return { deliveredSeq: Math.max(this.timeline.end, this.readSeq), readSeq: this.readSeq };
  }

  /** Whether the server is known to know how far this device got. */
  get reachedIsKnown(): boolean {
    const known = this.receipts.get(this.#own());
    const { deliveredSeq, readSeq } = this.reached;
    return known !== undefined && known.deliveredSeq >= deliveredSeq && known.readSeq >= readSeq;
  }

  receipt({ userId, deliveredSeq, readSeq }: Omit<Receipt, 'conversationId'>): void {
    this.#reached(userId, { deliveredSeq, readSeq });
    if (userId === this.#own()) this.read(readSeq);
  }

  /** A sync tells of all members of a group: as of its head, whoever it does not name is none any more. */
  allReceipts(receipts: readonly Receipt[], headSeq: number): void {
    const named = new Set(receipts.map(({ userId }) => userId));
    if (named.size > 0 && headSeq >= this.headSeq && this.wire?.kind !== 'direct')
      for (const userId of [...this.receipts.keys()])
        if (!named.has(userId) && userId !== this.#own()) this.receipts.delete(userId);
    for (const receipt of receipts) this.receipt(receipt);
  }

  #reached(userId: string, { deliveredSeq, readSeq }: Watermarks): void {
    const before = this.receipts.get(userId);
    this.receipts.set(userId, {
      deliveredSeq: Math.max(before?.deliveredSeq ?? 0, deliveredSeq),
      readSeq: Math.max(before?.readSeq ?? 0, readSeq),
    });
  }

  view(): ConversationView {
    const { wire } = this;
    const { flags } = this.own;
    return {
      conversationId: this.id,
      kind: wire?.kind ?? 'unspecified',
      title: wire?.title ?? '',
      description: wire?.description ?? '',
      role: wire?.role ?? 'none',
      memberCount: wire?.memberCount ?? 0,
      peerId: wire?.peerId,
      settings: wire?.settings,
      pictureUrl: wire?.pictureUrl,
      headSeq: this.headSeq,
      readSeq: this.readSeq,
      unread: this.unread,
      mentions: this.mentions,
      pinnedSeqs: wire?.pinnedSeqs ?? [],
      lastMessage: [...this.pending.values()].map((item) => this.#pendingView(item)).at(-1) ?? this.#lastView(),
      lastActivityMs: this.lastActivityMs,
      pinPlace: flags.pinned ? flags.pinPlace : 0,
      mutedUntilMs: mutedUntilMs(flags),
      archived: isArchived(flags, this),
      hidden: isHidden(flags, this),
      markedUnread: flags.markedUnread,
      draft: this.own.draft,
    };
  }

  /** The newest message that has not disappeared. */
  #lastView(): MessageView | undefined {
    const nowMs = this.#nowMs();
    const { lastMessage } = this;
    if (!lastMessage || !isOver(lastMessage, nowMs)) return lastMessage && this.#messageView(lastMessage);
    const before = this.timeline.events.findLast((event) => event.message && !isOver(event, nowMs));
    return before && this.#messageView(before);
  }

  /** Ascending; what is pending comes last. Messages that have disappeared are no lines any more. */
  entries(): TimelineEntry[] {
    const entries: TimelineEntry[] = [];
    const nowMs = this.#nowMs();
    for (const event of this.timeline.events) {
      if (isOver(event, nowMs)) continue;
      if (event.message) {
        if (!this.pending.has(event.message.messageId) || event.senderId !== this.#own())
          entries.push({ kind: 'message', message: this.#messageView(event) });
      } else if (isLine(event)) entries.push({ kind: 'event', event });
    }
    for (const item of this.pending.values()) entries.push({ kind: 'message', message: this.#pendingView(item) });
    return entries;
  }

  /** What is kept over a restart. */
  serialize(): string {
    const { wire, headSeq, messageNo, readSeq, unread, mentions: called, lastActivityMs } = this;
    return JSON.stringify({
      wire: wire && JSON.parse(ConversationCodec.toJson(wire)),
      headSeq,
      messageNo,
      readSeq,
      unread,
      mentions: called,
      lastActivityMs,
      lastMessage: this.lastMessage && JSON.parse(EventCodec.toJson(this.lastMessage)),
      flags: JSON.parse(ConversationFlags.toJson(this.own.said)) as unknown,
      draft: this.own.draft && (JSON.parse(Draft.toJson(this.own.draft)) as unknown),
      receipts: [...this.receipts],
      stale: [...this.stale],
      events: this.timeline.events.slice(-KEPT_EVENTS).map((event) => JSON.parse(EventCodec.toJson(event)) as unknown),
    });
  }

  restore(json: string): void {
    const kept = JSON.parse(json) as Standing & {
      wire?: unknown;
      events: unknown[];
      receipts: [string, Watermarks][];
      stale: [number, number][];
    };
    const lastMessage = kept.lastMessage && EventCodec.fromJson(kept.lastMessage, 'event');
    this.stand({
      ...kept,
      lastMessage,
      flags: kept.flags && ConversationFlags.fromJson(kept.flags, 'flags'),
      draft: kept.draft && Draft.fromJson(kept.draft, 'draft'),
      conversation: kept.wire === undefined ? undefined : ConversationCodec.fromJson(kept.wire, 'conversation'),
    });
    for (const [userId, receipt] of kept.receipts) this.receipts.set(userId, receipt);
    for (const [seq, changedBy] of kept.stale) this.stale.set(seq, changedBy);
    this.timeline.merge(
      kept.events.map((event) => EventCodec.fromJson(event, 'event')),
      false,
    );
  }

  #changeWire(event: Event, wire: WireConversation): void {
    if (event.renamed) this.wire = { ...wire, ...event.renamed };
    if (event.settingsChanged) this.wire = { ...wire, settings: event.settingsChanged.settings };
    const moved = [event.pinned?.seq, event.unpinned?.seq, ...goneSeqs(event)];
    if (wire.pinnedSeqs.some((seq) => moved.includes(seq)) || event.pinned) {
      const others = wire.pinnedSeqs.filter((seq) => !moved.includes(seq));
      this.wire = { ...wire, pinnedSeqs: event.pinned ? [...others, event.pinned.seq] : others };
    }
    const change = event.membersChanged;
    if (!change) return;
    const own = [...change.added, ...change.changed].find((member) => member.userId === this.#own());
    this.wire = {
      ...wire,
      memberCount: Math.max(
        0,
        wire.memberCount + (change.addedCount ?? change.added.length) - change.removedIds.length,
      ),
      role: change.removedIds.includes(this.#own()) ? 'none' : (own?.role ?? wire.role),
    };
  }

  #messageView(event: Event): MessageView {
    const message = event.message as NonNullable<Event['message']>;
    return {
      messageId: message.messageId,
      conversationId: this.id,
      senderId: event.senderId,
      seq: event.seq,
      sentAtMs: event.sentAtMs,
      content: message.content,
      forwarded: message.forwarded,
      poll: message.content?.poll && (message.poll ?? noVotes(message.content.poll)),
      replyToSeq: message.replyToSeq,
      edited: message.edited,
      deleted: message.deleted,
      reactions: message.reactions,
      expiresAtMs: message.expiresAtMs,
      status: event.senderId === this.#own() ? this.#status(event.seq) : undefined,
    };
  }

  #pendingView({ messageId, frame, content, sinceMs, failed, ack }: Pending): MessageView {
    return {
      messageId,
      conversationId: this.id,
      senderId: this.#own(),
      seq: ack?.seq ?? 0,
      sentAtMs: ack?.sentAtMs ?? sinceMs,
      content,
      forwarded: undefined,
      poll: undefined,
      replyToSeq: frame.send?.replyToSeq,
      edited: false,
      deleted: false,
      reactions: [],
      expiresAtMs: undefined,
      status: ack ? 'sent' : failed ? 'failed' : 'pending',
    };
  }

  /** In a group a tick stands for all others, as far as their receipts are known. */
  #status(seq: number): MessageStatus {
    const others = [...this.receipts].filter(([userId]) => userId !== this.#own()).map(([, receipt]) => receipt);
    const expected = Math.max(1, (this.wire?.memberCount ?? 2) - 1);
    const count = (reached: (receipt: Watermarks) => boolean): number => others.filter(reached).length;
    if (count((receipt) => receipt.readSeq >= seq) >= expected) return 'read';
    if (count((receipt) => Math.max(receipt.deliveredSeq, receipt.readSeq) >= seq) >= expected) return 'delivered';
    return 'sent';
  }
}
