/**
 * Receipts and typing: small news of clatter.signals. Watermarks merge by maximum and are coalesced for a moment, then stored and told to
 * the members; typing is passed on and never stored. All of it may be lost: the client sends its newest receipt again after a reconnect.
 */
import { Signal } from '@clatter/contracts/messages';
import type { Assignment, LogRecord, PartitionConsumer } from '@clatter/log';
import { type Clock, inTrace, type Logger } from '@clatter/runtime';
import { type Receipt, ServerFrame, type Typing } from '@clatter/wire';
import type { Addressed, Delivery } from './delivery.ts';
import type { MemberLists } from './member-lists.ts';
import type { MessageStore, ReceiptRow } from './ports.ts';
import { ownReceiptFrames, receiptFrames } from './receipt-frames.ts';
import { ToldWatermarks } from './told-watermarks.ts';

const COALESCE_MS = 250;
const TYPING_EXPIRES_MS = 6000;
/** In a channel with more members nobody is told who types. */
const CHANNEL_TYPING_MEMBERS_MAX = 100;
/** Watermarks that wait to be stored; past it the partition waits for them. */
const WATERMARKS_MAX = 5000;

export interface SignalsParts {
  readonly store: MessageStore;
  readonly delivery: Delivery;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A row that there is. */
interface Reached {
  readonly seq: number;
  readonly messageNo: number;
}

/** What is new in one conversation. */
interface Round {
  readonly rows: readonly ReceiptRow[];
  readonly receipts: readonly Receipt[];
  readonly addressed: readonly Addressed[];
}

/** One partition of clatter.signals. */
export class SignalsConsumer implements PartitionConsumer {
  readonly #parts: SignalsParts;
  readonly #members: MemberLists;
  readonly #assignment: Assignment;
  readonly #told: ToldWatermarks;
  #watermarks = new Map<string, Receipt>();
  #cancelFlush: (() => void) | undefined;
  #flushing: Promise<void> = Promise.resolve();
  #nextOffset: number;

  constructor(parts: SignalsParts, members: MemberLists, assignment: Assignment) {
    this.#parts = parts;
    this.#members = members;
    this.#assignment = assignment;
    this.#told = new ToldWatermarks(parts.store);
    this.#nextOffset = assignment.committedOffset;
  }

  onBatch(records: readonly LogRecord[]): Promise<void> {
    return inTrace(records[0]?.headers.traceparent, () => this.#take(records));
  }

  async #take(records: readonly LogRecord[]): Promise<void> {
    const typing: Signal[] = [];
    for (const record of records) {
      this.#nextOffset = record.offset + 1;
      try {
        const signal = Signal.decode(record.value);
        if (signal.receipt) this.#merge(signal.conversationId, signal.userId, signal.receipt);
        else if (signal.typing) typing.push(signal);
      } catch (error) {
        this.#parts.logger.warn({ err: error, offset: record.offset }, 'a record is not a signal');
      }
    }
    await this.#passTyping(typing);
    if (this.#watermarks.size > WATERMARKS_MAX) await this.#flush();
    else if (this.#watermarks.size > 0)
      this.#cancelFlush ??= this.#parts.clock.timer(COALESCE_MS, () => void this.#flush());
    else if (!this.#cancelFlush) this.#commit();
  }

  async stop(): Promise<void> {
    await this.#flush();
  }

  #merge(conversationId: string, userId: string, receipt: Receipt): void {
    const key = conversationId + userId;
    const before = this.#watermarks.get(key);
    this.#watermarks.set(key, {
      conversationId,
      userId,
      deliveredSeq: Math.max(before?.deliveredSeq ?? 0, receipt.deliveredSeq, receipt.readSeq),
      readSeq: Math.max(before?.readSeq ?? 0, receipt.readSeq),
    });
  }

  async #passTyping(signals: readonly Signal[]): Promise<void> {
    const addressed: Addressed[] = [];
    for (const { conversationId, userId, typing } of signals) {
      const members = await this.#membersOf(conversationId, [userId]);
      if (!members?.present.has(userId) || members.isBlocked) continue;
      if (members.channelSize > CHANNEL_TYPING_MEMBERS_MAX) continue;
      const body: Typing = {
        conversationId,
        userId,
        activity: (typing as Typing).activity,
        expiresInMs: TYPING_EXPIRES_MS,
      };
      const frame = ServerFrame.create({ typing: body });
      addressed.push(
        members.channelSize > 0
          ? { frame, channel: { conversationId } }
          : { frame, userIds: [...members.present].filter((id) => id !== userId) },
      );
    }
    if (addressed.length > 0) void this.#parts.delivery.deliver(addressed);
  }

  /** The members of a conversation; of a channel those among `asked`, and how many it has, which is 0 for all others. */
  async #membersOf(
    conversationId: string,
    asked: readonly string[],
  ): Promise<
    { readonly present: ReadonlySet<string>; readonly isBlocked: boolean; readonly channelSize: number } | undefined
  > {
    try {
      const channelSize = (await this.#members.channelSize(conversationId)) ?? 0;
      if (channelSize > 0)
        return { present: await this.#members.membersAmong(conversationId, asked), isBlocked: false, channelSize };
      const { userIds: present, isBlocked } = await this.#members.of(conversationId);
      return { present, isBlocked, channelSize };
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'a signal is dropped: its members cannot be read');
      return undefined;
    }
  }

  /** Stores and tells what was gathered, one flush after the other. */
  #flush(): Promise<void> {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const receipts = [...this.#watermarks.values()];
    this.#watermarks = new Map();
    this.#flushing = this.#flushing.then(() => this.#store(receipts));
    return this.#flushing;
  }

  async #store(receipts: readonly Receipt[]): Promise<void> {
    const groups = [...Map.groupBy(receipts, ({ conversationId }) => conversationId)];
    const rounds = (await Promise.all(groups.map(([id, some]) => this.#resolve(id, some)))).filter(
      (round) => round !== undefined,
    );
    const rows = rounds.flatMap((round) => round.rows);
    if (rows.length === 0) return this.#commit();
    try {
      await this.#parts.store.writeReceipts(rows);
      for (const round of rounds) this.#told.told(round.receipts);
      void this.#parts.delivery.deliver(rounds.flatMap((round) => round.addressed));
      this.#commit();
    } catch (error) {
      this.#parts.logger.warn(
        { err: error, receipts: rows.length },
        'receipts were not stored; the clients send newer ones',
      );
    }
  }

  /** Watermarks of one conversation as they are stored and told: of members, of rows that there are, and where they move on. */
  async #resolve(conversationId: string, receipts: readonly Receipt[]): Promise<Round | undefined> {
    const members = await this.#membersOf(
      conversationId,
      receipts.map(({ userId }) => userId),
    );
    if (!members) return undefined;
    try {
      const { present } = members;
      const channel = members.channelSize > 0;
      const ofMembers = receipts.filter(({ userId }) => present.has(userId));
      // In a channel they are told to their own devices alone, which take the higher by themselves.
      const moved = channel ? ofMembers : await this.#told.moved(conversationId, ofMembers);
      const found = await Promise.all(moved.map((receipt) => this.#place(receipt)));
      const rows = found.filter((row) => row !== undefined).map((row) => ({ ...row, ...(channel && { channel }) }));
      const told = rows.map(({ userId, deliveredSeq, readSeq }) => ({ conversationId, userId, deliveredSeq, readSeq }));
      // Nor is a person who is blocked told what the other reads.
      const addressed =
        channel || members.isBlocked ? ownReceiptFrames(told) : receiptFrames(conversationId, told, present);
      return { rows, receipts: channel ? [] : told, addressed };
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'receipts are dropped: their conversation cannot be read');
      return undefined;
    }
  }

  /** A watermark as a row: no further than the log. Undefined where there is no conversation. */
  async #place({ conversationId, userId, deliveredSeq, readSeq }: Receipt): Promise<ReceiptRow | undefined> {
    const read = await this.#reached(conversationId, readSeq);
    const delivered = deliveredSeq > readSeq ? await this.#reached(conversationId, deliveredSeq) : read;
    return (
      read &&
      delivered && {
        conversationId,
        userId,
        deliveredSeq: delivered.seq,
        readSeq: read.seq,
        readMessageNo: read.messageNo,
        updatedAtMs: this.#parts.clock.nowMs(),
      }
    );
  }

  /** The event of that seq, or the newest where it is beyond: nearly always one row is read. Undefined where there is no conversation. */
  async #reached(conversationId: string, seq: number): Promise<Reached | undefined> {
    if (seq === 0) return { seq, messageNo: 0 };
    const { store } = this.#parts;
    return (await store.readRow(conversationId, seq)) ?? (await store.readHeads([conversationId]))[0];
  }

  #commit(): void {
    this.#assignment
      .commit(this.#nextOffset)
      .catch((error) => this.#parts.logger.warn({ err: error }, 'an offset was not committed'));
  }
}
