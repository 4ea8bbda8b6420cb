/**
 * Receipts and typing: small news of clatter.signals. Watermarks merge by maximum and are coalesced for a moment, then stored and told to
 * the members; typing is passed on and never stored. All of it may be lost: the client sends its newest receipt again after a reconnect.
 */
import { Signal } from '@clatter/contracts/messages';
import type { Assignment, LogRecord, PartitionConsumer } from '@clatter/log';
import { type Clock, inTrace, type Logger } from '@clatter/runtime';
import { type Receipt, ServerFrame, type Typing } from '@clatter/wire';
import { LRUCache } from 'lru-cache';
import type { Addressed, Delivery } from './delivery.ts';
import { readAllMembers } from './member-rows.ts';
import type { MessageStore, ReceiptRow } from './ports.ts';

const COALESCE_MS = 250;
const TYPING_EXPIRES_MS = 6000;
/** How long a member list is believed where another instance owns the conversation: a removed member may see typing for so long, never a message. */
const MEMBERS_TTL_MS = 5000;
const MEMBERS_CACHED_MAX = 10_000;
/** Watermarks that wait to be stored; past it the partition waits for them. */
const WATERMARKS_MAX = 5000;

export interface SignalsParts {
  readonly store: MessageStore;
  readonly delivery: Delivery;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Who the present members of a conversation are, for a moment. */
export class MemberLists {
  readonly #store: MessageStore;
  readonly #lists: LRUCache<string, Promise<ReadonlySet<string>>>;

  constructor(store: MessageStore, clock: Clock) {
    this.#store = store;
    this.#lists = new LRUCache({
      max: MEMBERS_CACHED_MAX,
      ttl: MEMBERS_TTL_MS,
      perf: { now: () => clock.nowMs() },
      ttlResolution: 0,
    });
  }

  /** Somebody came or went. */
  forget(conversationId: string): void {
    this.#lists.delete(conversationId);
  }

  of(conversationId: string): Promise<ReadonlySet<string>> {
    let list = this.#lists.get(conversationId);
    if (!list) {
      list = readAllMembers(this.#store, conversationId).then(
        (rows) => new Set(rows.filter((row) => row.role !== 'none').map((row) => row.userId)),
      );
      list.catch(() => this.#lists.delete(conversationId));
      this.#lists.set(conversationId, list);
    }
    return list;
  }
}

/** One partition of clatter.signals. */
export class SignalsConsumer implements PartitionConsumer {
  readonly #parts: SignalsParts;
  readonly #members: MemberLists;
  readonly #assignment: Assignment;
  #watermarks = new Map<string, Receipt>();
  #cancelFlush: (() => void) | undefined;
  #flushing: Promise<void> = Promise.resolve();
  #nextOffset: number;

  constructor(parts: SignalsParts, members: MemberLists, assignment: Assignment) {
    this.#parts = parts;
    this.#members = members;
    this.#assignment = assignment;
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
      const members = await this.#membersOf(conversationId);
      if (!members?.has(userId)) continue;
      const body: Typing = {
        conversationId,
        userId,
        activity: (typing as Typing).activity,
        expiresInMs: TYPING_EXPIRES_MS,
      };
      addressed.push({
        frame: ServerFrame.create({ typing: body }),
        userIds: [...members].filter((id) => id !== userId),
      });
    }
    if (addressed.length > 0) void this.#parts.delivery.deliver(addressed);
  }

  async #membersOf(conversationId: string): Promise<ReadonlySet<string> | undefined> {
    try {
      return await this.#members.of(conversationId);
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
    const rows: ReceiptRow[] = [];
    const addressed: Addressed[] = [];
    const resolved = await Promise.all(receipts.map((receipt) => this.#resolve(receipt)));
    for (const item of resolved) {
      if (!item) continue;
      rows.push(item.row);
      addressed.push({ frame: ServerFrame.create({ receipt: item.receipt }), userIds: item.members });
    }
    if (rows.length === 0) return this.#commit();
    try {
      await this.#parts.store.writeReceipts(rows);
      void this.#parts.delivery.deliver(addressed);
      this.#commit();
    } catch (error) {
      this.#parts.logger.warn(
        { err: error, receipts: rows.length },
        'receipts were not stored; the clients send newer ones',
      );
    }
  }

  /** A watermark as it is stored: of a member, and of a row that there is. */
  async #resolve(
    receipt: Receipt,
  ): Promise<{ row: ReceiptRow; receipt: Receipt; members: readonly string[] } | undefined> {
    const { conversationId, userId } = receipt;
    try {
      const members = await this.#membersOf(conversationId);
      if (!members?.has(userId)) return undefined;
      const read = await this.#reached(conversationId, receipt.readSeq);
      const delivered =
        receipt.deliveredSeq > receipt.readSeq ? await this.#reached(conversationId, receipt.deliveredSeq) : read;
      if (!read || !delivered) return undefined;
      const [deliveredSeq, readSeq] = [delivered.seq, read.seq];
      const row = {
        conversationId,
        userId,
        deliveredSeq,
        readSeq,
        readMessageNo: read.messageNo,
        updatedAtMs: this.#parts.clock.nowMs(),
      };
      return { row, receipt: { conversationId, userId, deliveredSeq, readSeq }, members: [...members] };
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'a receipt is dropped: its conversation cannot be read');
      return undefined;
    }
  }

  /** The event of that seq, or the newest where it is beyond: nearly always one row is read. Undefined where there is no conversation. */
  async #reached(conversationId: string, seq: number): Promise<{ seq: number; messageNo: number } | undefined> {
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
