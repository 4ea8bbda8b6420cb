/**
 * What one batch of records makes of one conversation: decides each in order, and gathers the log mutations, the projections and the
 * outcomes. Rows decided here and not stored yet count for what follows (rule 2).
 */
import { type Command, StoredEvent } from '@clatter/contracts/messages';
import { type ConversationKind, Draft, type Event, type Member } from '@clatter/wire';
import { addedBy } from './added-ids.ts';
import { lookUpMembers, trimMembers, unknownMembers } from './channel-members.ts';
import {
  applyEvent,
  type Change,
  type ConversationState,
  membersAt,
  peerOf,
  presentMembers,
  sees,
} from './conversation.ts';
import type { Decision, LookedUp, Place, Submitted } from './decision.ts';
import { encodeRuns } from './deleted-runs.ts';
import { idHash } from './id-window.ts';
import type { Loaded } from './loader.ts';
import type { Calls } from './mentions.ts';
import { encodeFlags, type OwnChange, type OwnConversation } from './own-conversations.ts';
import type { InboxRow, Leaving, LogMutation, LogRow, MessageStore, OwnRow, ReceiptRow, Rewrite } from './ports.ts';
import { scheduledDueMs } from './schedule.ts';
import { decide, needsOf, rewritten } from './sequencer.ts';
import type { TimerRow } from './timer-ports.ts';
import { withDraft } from './user-log.ts';

const NO_ROWS: ReadonlyMap<number, LogRow> = new Map();
const NO_BYTES = new Uint8Array(0);

/** As it is handed over; when it is written follows. */
type NewOwnRow = Omit<OwnRow, 'storedAtMs'>;

/** A mutation is never larger than this, nor does it span two buckets (rule 9). */
const MUTATION_BYTES_MAX = 1024 * 1024;

/** The store holds a cell of a later position than the record that is decided: another owner is ahead. Reload (rule 6). */
export class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

/** The log is not the one that the store was built from (rule 17). The partition stops, loudly. */
export class LogReplaced extends Error {
  override readonly name = 'LogReplaced';
}

/** `decide` threw: a bug, the same on every owner. The command can never apply. */
export class Poison extends Error {
  override readonly name = 'Poison';
}

/** Who came to a channel and who went, and for whom at the gateways the frames are: `members` of it are nowhere in one list. */
export interface ChannelTurn {
  readonly joinedIds: readonly string[];
  readonly visibleFromSeq: number;
  readonly leftIds: readonly string[];
}

/** What became of one command. */
export interface Outcome {
  readonly submitted: Submitted;
  readonly answer:
    | { readonly kind: 'ack'; readonly place: Place }
    | { readonly kind: 'reject'; readonly code: string; readonly message: string }
    | { readonly kind: 'silence' };
  /** Delivered and published where present. */
  readonly event?: Event;
  /** Who gets the event: the members before and after it; absent for a channel. */
  readonly recipients?: readonly string[];
  /** Of a channel. */
  readonly channel?: ChannelTurn;
  /** Those of them who may not see the message that an edit speaks of: they get it without its content. */
  readonly blind?: readonly string[];
  /** Of the conversation, at that event. */
  readonly kind?: ConversationKind;
  readonly title?: string;
  /** Whose vote it is in an anonymous poll: they alone get the event with it. */
  readonly ownVote?: NonNullable<StoredEvent['vote']>;
  /** Whom a message calls. */
  readonly calls?: Calls;
}

const blindTo = (state: ConversationState, userIds: readonly string[], seq: number): readonly string[] =>
  userIds.filter((userId) => !sees(state, userId, seq));

function channelTurn({ created, membersChanged }: Event, added: readonly Member[] | undefined): ChannelTurn {
  const joined = created?.members ?? added ?? membersChanged?.added ?? [];
  return {
    joinedIds: joined.map(({ userId }) => userId),
    visibleFromSeq: joined[0]?.visibleFromSeq ?? 0,
    leftIds: membersChanged?.removedIds ?? [],
  };
}

interface OpenMutation {
  bucket: number;
  raisesBucket: boolean;
  rows: LogRow[];
  rewrites: Map<number, Rewrite>;
  bytes: number;
}

export class ConversationBatch {
  readonly outcomes: Outcome[] = [];
  readonly mutations: LogMutation[] = [];
  /** Rows of messages whose time to be sent has come. */
  readonly sending: number[] = [];
  /** Of stays that began in this batch too: another owner may have written such a stay by itself. */
  readonly leavings: Leaving[] = [];
  readonly #state: ConversationState;
  readonly #replayUntil: number;
  readonly #replayRows: ReadonlyMap<number, LogRow>;
  readonly #store: MessageStore;
  readonly #bucketSeqs: number;
  #open: OpenMutation | undefined;
  /** Rows written in this batch, by seq. */
  readonly #written = new Map<number, LogRow>();
  /** The newest rewrite of each row in this batch, and those of them that go to older buckets. */
  readonly #rewrites = new Map<number, Rewrite>();
  readonly #oldRewrites = new Map<number, Rewrite>();
  /** The highest position whose changes replayed rows hold already: of a command that comes later, and whose own row may not stand. */
  #changedUntil = -1;
  #conversationChanged = false;
  readonly #members = new Set<string>();
  readonly #inbox = new Map<string, { position: number; changedAtMs: number }>();
  /** Whether an event here had the inbox rows of all members written. */
  #bumped = false;
  /** Log time of the oldest event here, and what the newest would write into an inbox row. */
  #oldestMs = Number.POSITIVE_INFINITY;
  #newest: { position: number; changedAtMs: number } | undefined;
  #inboxesStoredAtMs: number;
  /** What became due, and what is not any more. */
  readonly #timers: Omit<TimerRow, 'slot'>[] = [];
  /** In a person's own log: the rows that changed, with the newest draft of each. */
  readonly #own = new Map<string, { draft?: OwnRow['draft']; deleted: boolean }>();
  readonly #joined = new Map<string, Place>();
  readonly #ownReads = new Map<string, Place>();

  constructor(loaded: Loaded, store: MessageStore, bucketSeqs: number) {
    this.#state = loaded.state;
    this.#replayUntil = loaded.replayUntil;
    this.#replayRows = loaded.rows;
    this.#store = store;
    this.#bucketSeqs = bucketSeqs;
    this.#inboxesStoredAtMs = loaded.inboxesStoredAtMs;
  }

  get state(): ConversationState {
    return this.#state;
  }

  /** For the next batch, once this one stands: the replay may go on in it. */
  get loaded(): Loaded {
    trimMembers(this.#state);
    const last = this.outcomes.at(-1)?.submitted.position ?? -1;
    const rows = last >= this.#replayUntil ? NO_ROWS : this.#replayRows;
    return {
      state: this.#state,
      replayUntil: this.#replayUntil,
      rows,
      inboxesStoredAtMs: this.#inboxesStoredAtMs,
    };
  }

  /** Takes the next record. Returns a promise only where something has to be read. Throws Overtaken, LogReplaced, or what `decide` throws. */
  take(submitted: Submitted): void | Promise<void> {
    if (submitted.position <= this.#replayUntil) return this.#replay(submitted);
    const unknown = this.#state.kind === 'channel' ? unknownMembers(this.#state, submitted.command) : [];
    if (unknown.length > 0) return this.#lookUpMembers(submitted, unknown).then(() => this.#decide(submitted));
    return this.#decide(submitted);
  }

  #decide(submitted: Submitted): void | Promise<void> {
    const needs = needsOf(this.#state, submitted);
    const { candidates, searchFromSeq, targetSeq, changingSeqs } = needs;
    if (candidates.length === 0 && (searchFromSeq ?? targetSeq ?? changingSeqs) === undefined)
      return this.#settle(submitted, {});
    return this.#lookUp(submitted).then((lookedUp) => {
      // A channel's members whom a message called are not known: where it is erased, their rows change.
      const { target, targets } = lookedUp;
      const called = [target, ...(targets?.values() ?? [])].flatMap((found) => found?.mentionedIds ?? []);
      const unknown = this.#state.kind === 'channel' ? unknownMembers(this.#state, submitted.command, called) : [];
      if (unknown.length === 0) return this.#settle(submitted, lookedUp);
      return this.#lookUpMembers(submitted, unknown).then(() => this.#settle(submitted, lookedUp));
    });
  }

  async #lookUpMembers({ position }: Submitted, userIds: readonly string[]): Promise<void> {
    if ((await lookUpMembers(this.#store, this.#state, userIds)) >= position) throw new Overtaken();
  }

  /**
   * Whose rows a replayed event changes: it says so itself, for what was loaded may be newer and name another heir. They are read after the
   * log: a row from beyond it is of an owner that is ahead, and must not decide the commands in between (rule 13).
   */
  async #lookUpReplayed(command: Command, { event, mentionedIds }: StoredEvent): Promise<void> {
    const { removedIds = [], changed = [] } = event?.membersChanged ?? {};
    const named = [...mentionedIds, ...removedIds, ...changed.map(({ userId }) => userId)];
    const unknown = unknownMembers(this.#state, command, named);
    if ((await lookUpMembers(this.#store, this.#state, unknown)) > this.#replayUntil) throw new Overtaken();
  }

  #settle(submitted: Submitted, lookedUp: LookedUp): void {
    let decision: Decision;
    try {
      decision = decide(this.#state, submitted, lookedUp);
    } catch (error) {
      throw new Poison(String((error as Error)?.message ?? error), { cause: error });
    }
    switch (decision.kind) {
      case 'duplicate':
        this.outcomes.push({ submitted, answer: { kind: 'ack', place: decision.first } });
        return;
      case 'reject':
        this.outcomes.push({ submitted, answer: decision });
        return;
      case 'append': {
        const { command, position } = submitted;
        const { event } = decision;
        const row: LogRow = {
          seq: event.seq,
          messageNo: event.messageNo,
          position,
          commandId: command.commandId,
          senderId: command.senderId,
          sentAtMs: event.sentAtMs,
          event: StoredEvent.encode(decision.stored),
          eventPosition: position,
        };
        this.#write(row);
        if (decision.rewrite)
          this.#rewrite({
            seq: decision.rewrite.seq,
            event: StoredEvent.encode(decision.rewrite.stored),
            eventPosition: position,
          });
        for (const { seq, stored } of decision.rewrites ?? []) {
          this.#rewrite({ seq, event: StoredEvent.encode(stored), eventPosition: position });
          this.#endTimer(stored.event, position);
        }
        this.#setTimer(event, position);
        this.#apply(submitted, event, decision.stored, false, decision.added);
      }
    }
  }

  /** The outcome of a record that was decided before, by this instance or another (rules 15 to 17). */
  async #replay(submitted: Submitted): Promise<void> {
    const { command, position } = submitted;
    const row = this.#replayRows.get(position);
    if (!row) {
      // No row is no rejection: it may have been a repeat. Its first copy is acknowledged, else nothing is said (rule 16).
      const { first } = await this.#lookUp(submitted);
      this.outcomes.push({ submitted, answer: first ? { kind: 'ack', place: first } : { kind: 'silence' } });
      return;
    }
    if (row.commandId !== command.commandId || row.senderId !== command.senderId)
      throw new LogReplaced(
        `the record at position ${position} is not the one that made seq ${row.seq} of ${command.conversationId}`,
      );
    const stored = StoredEvent.decode(row.event);
    if (this.#state.kind === 'channel') await this.#lookUpReplayed(command, stored);
    const { edit, delete: remove, react, vote, closePoll } = command;
    const targetSeq = (edit ?? remove ?? react ?? vote ?? closePoll)?.seq;
    const rewrite = targetSeq === undefined ? undefined : await this.#rewriteAgain(command, position, targetSeq);
    this.#write(row);
    if (rewrite) this.#rewrite(rewrite);
    this.#changedUntil = Math.max(this.#changedUntil, row.eventPosition, rewrite?.eventPosition ?? -1);
    const event = stored.event as Event;
    this.#setTimer(event, position);
    for (const seq of event.expired?.seqs ?? event.scheduled?.entrySeqs ?? []) {
      const again = await this.#rewriteAgain(command, position, seq);
      if (!again) continue;
      this.#rewrite(again);
      this.#endTimer(StoredEvent.decode(again.event).event, again.eventPosition);
    }
    // The store keeps no content in the row of an edit, nor of a draft; the record has it.
    const delivered = command.edit
      ? { ...event, edited: { seq: command.edit.seq, content: command.edit.content } }
      : command.setDraft
        ? withDraft(command.setDraft, event)
        : event;
    this.#apply(submitted, delivered, stored, true, addedBy(stored));
  }

  /** A message that disappears is to be looked at when its time is up, and one that is to be sent when that time has come. */
  #setTimer(event: Event, position: number): void {
    const dueAtMs = event.message?.expiresAtMs ?? scheduledDueMs(event);
    if (dueAtMs !== undefined)
      this.#timers.push({ dueAtMs, conversationId: this.#state.id, seq: event.seq, done: false, position });
  }

  /** Until it was erased, or something final became of it. */
  #endTimer(event: Event | undefined, position: number): void {
    const dueAtMs = event?.message?.expiresAtMs ?? event?.scheduled?.sendAtMs;
    if (!event || dueAtMs === undefined) return;
    if (event.scheduled?.status === 'SENDING') this.sending.push(event.seq);
    else this.#timers.push({ dueAtMs, conversationId: this.#state.id, seq: event.seq, done: true, position });
  }

  /** What a replayed edit, deletion, reaction or expiry left of its target; a later version stays. */
  async #rewriteAgain(command: Command, position: number, seq: number): Promise<Rewrite | undefined> {
    const row = await this.#row(seq);
    if (!row) return undefined;
    if (row.eventPosition >= position) return { seq, event: row.event, eventPosition: row.eventPosition };
    return {
      seq,
      event: StoredEvent.encode(rewritten(command, StoredEvent.decode(row.event))),
      eventPosition: position,
    };
  }

  /** What the record needs to know, as of its own position. */
  async #lookUp(submitted: Submitted): Promise<LookedUp> {
    const { position } = submitted;
    const needs = needsOf(this.#state, submitted);
    const target = needs.targetSeq === undefined ? undefined : await this.#target(needs.targetSeq, position);
    const first = await this.#first(submitted, needs);
    if (!needs.changingSeqs) return { first, target };
    const targets = new Map<number, StoredEvent>();
    await Promise.all(
      needs.changingSeqs.map(async (seq) => {
        const stored = await this.#target(seq, position);
        if (stored) targets.set(seq, stored);
      }),
    );
    return { first, target, targets };
  }

  /** A row that a record speaks of, as of the record's position (rule 6). */
  async #target(seq: number, position: number): Promise<StoredEvent | undefined> {
    const row = await this.#row(seq);
    if (row && (row.position >= position || row.eventPosition >= position) && position > this.#replayUntil)
      throw new Overtaken();
    return row && row.position < position ? StoredEvent.decode(row.event) : undefined;
  }

  /** The first copy of the command's id: only a row of a lower position counts (rule 3). */
  async #first({ command, position }: Submitted, needs: ReturnType<typeof needsOf>): Promise<Place | undefined> {
    const found: LogRow[] = [];
    for (const seq of needs.candidates) {
      const row = await this.#row(seq);
      if (row && row.commandId === command.commandId && row.senderId === command.senderId) found.push(row);
    }
    if (found.length === 0 && needs.searchFromSeq !== undefined) {
      // The store has no row of this batch yet, and the window may have let go of it where the batch spans much log time (rule 2).
      for (const row of this.#written.values())
        if (row.commandId === command.commandId && row.senderId === command.senderId) found.push(row);
      const fromBucket = Math.floor((Math.max(1, needs.searchFromSeq) - 1) / this.#bucketSeqs);
      const row = await this.#store.findCommand(
        command.conversationId,
        command.senderId,
        command.commandId,
        fromBucket,
      );
      if (row) found.push(row);
    }
    const first = found.filter((row) => row.position < position).sort((a, b) => a.position - b.position)[0];
    return first && { seq: first.seq, messageNo: first.messageNo, sentAtMs: first.sentAtMs };
  }

  async #row(seq: number): Promise<LogRow | undefined> {
    const row = this.#written.get(seq) ?? (await this.#store.readRow(this.#state.id, seq));
    const rewrite = this.#rewrites.get(seq);
    return row && rewrite && rewrite.eventPosition > row.eventPosition ? { ...row, ...rewrite } : row;
  }

  #write(row: LogRow): void {
    const bucket = Math.floor((row.seq - 1) / this.#bucketSeqs);
    if (this.#open && (this.#open.bucket !== bucket || this.#open.bytes + row.event.length > MUTATION_BYTES_MAX))
      this.#close();
    this.#open ??= { bucket, raisesBucket: false, rows: [], rewrites: new Map(), bytes: 0 };
    if ((row.seq - 1) % this.#bucketSeqs === 0) this.#open.raisesBucket = true;
    this.#open.rows.push(row);
    this.#open.bytes += row.event.length + 200;
    this.#written.set(row.seq, row);
  }

  #rewrite(rewrite: Rewrite): void {
    this.#rewrites.set(rewrite.seq, rewrite);
    const bucket = Math.floor((rewrite.seq - 1) / this.#bucketSeqs);
    if (this.#open?.bucket === bucket) {
      this.#open.rewrites.set(rewrite.seq, rewrite);
      this.#open.bytes += rewrite.event.length;
    } else this.#oldRewrites.set(rewrite.seq, rewrite);
  }

  #close(): void {
    const open = this.#open;
    if (!open) return;
    const last = open.rows.at(-1) as LogRow;
    this.mutations.push({
      conversationId: this.#state.id,
      bucket: open.bucket,
      raisesBucket: open.raisesBucket,
      rows: open.rows,
      rewrites: [...open.rewrites.values()],
      head: { seq: last.seq, messageNo: last.messageNo, position: last.position, sentAtMs: last.sentAtMs },
    });
    this.#open = undefined;
  }

  #apply(submitted: Submitted, event: Event, stored: StoredEvent, again: boolean, added?: readonly Member[]): void {
    const { command, position } = submitted;
    const state = this.#state;
    const before = event.membersChanged && state.kind !== 'channel' ? presentMembers(state) : undefined;
    for (const userId of event.membersChanged?.removedIds ?? [])
      this.leavings.push({
        conversationId: state.id,
        userId,
        seq: event.seq,
        position,
        ...(state.kind === 'channel' && { channel: true }),
      });
    const hash = idHash(command.senderId, command.commandId);
    const change: Change = applyEvent(state, event, position, hash, again, stored, added);
    const present = state.kind === 'channel' ? [] : presentMembers(state);
    // A replayed event is older than the loaded members: who came later never gets it, who was removed later does.
    const recipients =
      state.kind === 'user'
        ? [event.senderId]
        : again
          ? membersAt(state, event.seq)
          : before || change.told.length > 0
            ? [...new Set([...present, ...(before ?? []), ...change.told])]
            : present;
    this.outcomes.push({
      submitted,
      answer: { kind: 'ack', place: { seq: event.seq, messageNo: event.messageNo, sentAtMs: event.sentAtMs } },
      event,
      ...(state.kind === 'channel'
        ? { channel: channelTurn(event, added) }
        : { recipients, ...(event.edited && { blind: blindTo(state, recipients, event.edited.seq) }) }),
      ...(stored.vote && { ownVote: stored.vote }),
      kind: state.kind,
      title: state.title,
      ...(event.message && { calls: { mentionedIds: stored.mentionedIds, mentionsAll: stored.mentionsAll } }),
    });
    // Of a replay too that is older than the row: one replica alone may hold what was loaded.
    if (change.conversation) this.#conversationChanged = true;
    for (const userId of change.members) this.#members.add(userId);
    for (const userId of change.bump ? new Set([...present, ...change.told]) : change.told)
      this.#inbox.set(userId, { position, changedAtMs: event.sentAtMs });
    if (change.bump) this.#bumped = true;
    if (change.own) this.#keepOwn(change.own, event, position);
    this.#oldestMs = Math.min(this.#oldestMs, event.sentAtMs);
    this.#newest = { position, changedAtMs: event.sentAtMs };
    const place = { seq: event.seq, messageNo: event.messageNo, sentAtMs: event.sentAtMs };
    // An own message moves the own read point; who joins starts with nothing unread.
    if (event.message) this.#ownReads.set(event.senderId, place);
    for (const member of added ?? event.membersChanged?.added ?? []) this.#joined.set(member.userId, place);
    // So each member of a group has a row, and more rows than members tell that some are of people who went.
    if (event.created && state.kind === 'group') for (const userId of present) this.#joined.set(userId, place);
  }

  #keepOwn(change: OwnChange, event: Event, position: number): void {
    for (const id of change.flags) this.#own.set(id, this.#own.get(id) ?? { deleted: false });
    const changed = (id: string) => this.#own.get(id) as { draft?: OwnRow['draft']; deleted: boolean };
    if (change.deleted !== undefined) changed(change.deleted).deleted = true;
    if (change.draft === undefined) return;
    const draft = event.draftChanged?.draft;
    changed(change.draft).draft = { bytes: draft ? Draft.encode(draft) : NO_BYTES, position };
  }

  #ownRow(conversationId: string, { draft, deleted }: { draft?: OwnRow['draft']; deleted: boolean }): NewOwnRow {
    const own = this.#state.own.get(conversationId) as OwnConversation;
    return {
      userId: this.#state.id,
      conversationId,
      flags: encodeFlags(own),
      position: own.position,
      ...(draft && { draft }),
      ...(deleted && { deleted: { bytes: encodeRuns(own.deleted), position: own.deletedPosition } }),
    };
  }

  /**
   * A row of the tail that a later command of the tail has changed is written as it is now. So the rows up to that command's go along: one replica
   * alone may hold them, and its change must not stand without them. What lies in another bucket follows in another mutation.
   */
  #writeAhead(): void {
    const last = this.outcomes.at(-1)?.submitted.position ?? -1;
    let until = this.#changedUntil;
    if (until <= last) return;
    for (const [position, row] of [...this.#replayRows].sort(([a], [b]) => a - b)) {
      if (position <= last) continue;
      if (position > until) break;
      this.#write(row);
      until = Math.max(until, row.eventPosition);
    }
  }

  /** Closes the last mutation and hands over what follows from the log. Call once, after the last record. */
  finish(): {
    readonly conversation: ConversationState | undefined;
    readonly members: readonly string[];
    readonly inbox: readonly Omit<InboxRow, 'storedAtMs'>[];
    readonly receipts: readonly ReceiptRow[];
    readonly ownReads: readonly ReceiptRow[];
    readonly rewrites: readonly Rewrite[];
    readonly timers: readonly Omit<TimerRow, 'slot'>[];
    readonly own: readonly NewOwnRow[];
  } {
    this.#writeAhead();
    this.#close();
    const state = this.#state;
    const inbox = [...this.#inbox].map(([userId, written]) => this.#inboxRow(userId, written));
    const receiptAt = ([userId, { seq, messageNo, sentAtMs }]: readonly [string, Place]): ReceiptRow => ({
      conversationId: state.id,
      ...(state.kind === 'channel' && { channel: true }),
      userId,
      deliveredSeq: seq,
      readSeq: seq,
      readMessageNo: messageNo,
      updatedAtMs: sentAtMs,
    });
    return {
      conversation: this.#conversationChanged ? state : undefined,
      members: [...this.#members],
      inbox,
      receipts: [...this.#joined].map(receiptAt),
      ownReads: [...this.#ownReads].map(receiptAt),
      rewrites: [...this.#oldRewrites.values()],
      timers: this.#timers,
      own: [...this.#own].map(([id, changed]) => this.#ownRow(id, changed)),
    };
  }

  #inboxRow(
    userId: string,
    written: { readonly position: number; readonly changedAtMs: number },
  ): Omit<InboxRow, 'storedAtMs'> {
    const state = this.#state;
    const member = state.members.get(userId);
    return {
      userId,
      conversationId: state.id,
      kind: state.kind,
      peerId: peerOf(state, userId),
      joinedSeq: member?.joinedSeq ?? 0,
      visibleFromSeq: member?.visibleFromSeq ?? 0,
      removedSeq: member?.removedSeq ?? 0,
      ...written,
    };
  }

  /**
   * Whether an event from before `beforeMs` of the log's time is stored here, and the members' inbox rows, or the mark of a channel, were
   * neither written since (owner's clock) nor are with this batch.
   */
  isLate(beforeMs: number): boolean {
    return this.#oldestMs < beforeMs && this.#inboxesStoredAtMs < beforeMs && !this.#bumped;
  }

  /** The inbox rows of the members whose rows no event here writes, as the newest event would. */
  inboxOfOthers(): Omit<InboxRow, 'storedAtMs'>[] {
    const newest = this.#newest;
    if (!newest) return [];
    return presentMembers(this.#state)
      .filter((userId) => !this.#inbox.has(userId))
      .map((userId) => this.#inboxRow(userId, newest));
  }

  /** What `finish` handed over stands, with the other members' inbox rows where `all`; `storedAtMs` is what the rows carry. */
  stood(storedAtMs: number, all: boolean): void {
    if (all || this.#bumped) this.#inboxesStoredAtMs = storedAtMs;
  }
}
