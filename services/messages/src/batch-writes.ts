/**
 * What a batch of records leaves in the store, as the writes that the projector makes: nearly always one. A conversation with more than
 * one mutation (two buckets, or more than 1 MiB) makes more; its projections, and the mark, come with the last.
 *
 * Inbox rows carry the owner's clock, so they are made for each attempt anew. Where an event is stored late, its log's time is no sign any
 * more that it is new: then the inbox rows of all members are written again, so that a sync by `storedAtMs` finds the conversation.
 */

import { BUMP_MS } from './conversation.ts';
import type { ConversationBatch } from './conversation-batch.ts';
import { encodeDetails } from './conversation-details.ts';
import type { InboxRow, LateChannel, OwnRow, PartitionMark, ReceiptRow, StoreBatch } from './ports.ts';
import { type TimerRow, timerSlotOf } from './timer-ports.ts';

/** An event that is stored this much later than the log's time of it is late. Those of a conversation share a refresh for as long. */
export const LATE_MS = BUMP_MS;

const NOTHING = { conversations: [], members: [], inbox: [], receipts: [], rewrites: [], timers: [] };

type Lists = {
  -readonly [K in Exclude<keyof StoreBatch['projections'], 'late'>]-?: NonNullable<
    StoreBatch['projections'][K]
  >[number][];
};

export class BatchWrites {
  /** All writes but the last. */
  readonly earlier: readonly StoreBatch[];
  /** The read points that own messages moved: in none of the writes. */
  readonly ownReads: readonly ReceiptRow[];
  readonly #batches: readonly ConversationBatch[];
  readonly #logs: StoreBatch['logs'];
  readonly #leavings: NonNullable<StoreBatch['leavings']>;
  readonly #projections: Omit<Lists, 'inbox' | 'own'>;
  readonly #inbox: Omit<InboxRow, 'storedAtMs'>[] = [];
  readonly #own: Omit<OwnRow, 'storedAtMs'>[] = [];
  readonly #mark: PartitionMark;
  readonly #timerSlots: number | undefined;

  constructor(batches: readonly ConversationBatch[], mark: PartitionMark, timerSlots?: number) {
    this.#timerSlots = timerSlots;
    this.#batches = batches;
    this.#mark = mark;
    this.#projections = { conversations: [], members: [], receipts: [], rewrites: [], timers: [] };
    this.ownReads = batches.flatMap((batch) => this.#take(batch));
    const rounds = Math.max(1, ...batches.map((batch) => batch.mutations.length));
    const logs = Array.from({ length: rounds }, (_, round) => batches.flatMap((batch) => batch.mutations[round] ?? []));
    this.#logs = logs.pop() as StoreBatch['logs'];
    // Before any row, whichever of the mutations holds the event.
    this.#leavings = batches.flatMap((batch) => batch.leavings);
    this.earlier = logs.map((mutations) => ({ leavings: this.#leavings, logs: mutations, projections: NOTHING }));
  }

  #take(batch: ConversationBatch): readonly ReceiptRow[] {
    const { conversation: state, members, inbox, receipts, ownReads, rewrites, timers, own } = batch.finish();
    const { conversations, members: memberRows, receipts: receiptRows, rewrites: rewriteRows } = this.#projections;
    const conversationId = batch.state.id;
    if (state) {
      const { kind, title, description, createdAtMs, rowMemberCount, bumpedAtMs, details, position } = state;
      conversations.push({
        conversationId,
        kind,
        title,
        description,
        createdAtMs,
        memberCount: rowMemberCount,
        bumpedAtMs,
        details: encodeDetails(details),
        position,
      });
    }
    const channel = batch.state.kind === 'channel';
    for (const userId of members) {
      const member = batch.state.members.get(userId);
      if (member) memberRows.push({ conversationId, userId, ...member, ...(channel && { channel }) });
    }
    this.#inbox.push(...inbox);
    this.#own.push(...own);
    receiptRows.push(...receipts);
    for (const rewrite of rewrites) rewriteRows.push({ conversationId, ...rewrite });
    if (timers.length > 0) {
      const slot = timerSlotOf(conversationId, this.#timerSlots);
      this.#projections.timers.push(...timers.map((timer) => ({ slot, ...timer })));
    }
    return ownReads;
  }

  /** What became due, and what is not any more. */
  get timers(): readonly TimerRow[] {
    return this.#projections.timers;
  }

  /** The last write, as of an attempt that begins now. */
  last(nowMs: number): StoreBatch {
    const inbox = this.#inbox.map((row): InboxRow => ({ ...row, storedAtMs: nowMs }));
    const late: LateChannel[] = [];
    for (const batch of this.#batches) {
      if (!batch.isLate(nowMs - LATE_MS)) continue;
      if (batch.state.kind === 'channel') late.push({ conversationId: batch.state.id, storedAtMs: nowMs });
      else for (const row of batch.inboxOfOthers()) inbox.push({ ...row, storedAtMs: nowMs });
    }
    const own = this.#own.map((row): OwnRow => ({ ...row, storedAtMs: nowMs }));
    return {
      leavings: this.#leavings,
      logs: this.#logs,
      projections: { ...this.#projections, inbox, own, late },
      mark: this.#mark,
    };
  }

  /** The last write of an attempt that began at `beganMs` stands. */
  stood(beganMs: number): void {
    for (const batch of this.#batches) batch.stood(beganMs, batch.isLate(beganMs - LATE_MS));
  }
}
