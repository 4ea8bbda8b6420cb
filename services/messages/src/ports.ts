/**
 * The MessageStore port: where conversations lie. Adapters: Cassandra, SQLite in one process. Both pass message-store.contract.ts.
 *
 * A *position* is `epoch · 2^48 + offset` of the command that wrote a cell. Every cell is last-writer-wins by position: replays and
 * paused old owners write the same or lose. What is written at one position follows from the log alone and so is the same whoever writes
 * it; a store may keep either of two equal positions. The exceptions are maxima: the cells of receipts, and `storedAtMs` of an inbox row.
 */
import type { DeliveryService } from '@clatter/contracts/gateway';
import type { ConversationKind, MemberRole } from '@clatter/wire';
import type { TimerRow, TimerStore } from './timer-ports.ts';

/** Seqs in one bucket. A conversation's log is partitioned by it; a batch never spans two. */
export const BUCKET_SEQS = 4096;

/** One event of a conversation, as it lies in the store. */
export interface LogRow {
  readonly seq: number;
  readonly messageNo: number;
  /** Of the command that made the row. No edit or deletion touches it. */
  readonly position: number;
  /** The idempotency key; with the sender it names the command. */
  readonly commandId: string;
  readonly senderId: string;
  readonly sentAtMs: number;
  /** An encoded StoredEvent: the event as it is now. */
  readonly event: Uint8Array;
  /** Of the command that wrote `event`: the row's own, or that of the last edit, deletion or reaction. */
  readonly eventPosition: number;
}

/** A new version of a row's event. */
export interface Rewrite {
  readonly seq: number;
  readonly event: Uint8Array;
  readonly eventPosition: number;
}

/** The newest row's place, kept beside the rows. Never believed beyond the gapless tail. */
export interface Head {
  readonly seq: number;
  readonly messageNo: number;
  readonly position: number;
  readonly sentAtMs: number;
}

/** What is known of a conversation as a whole. */
export interface ConversationRow {
  readonly conversationId: string;
  readonly kind: ConversationKind;
  readonly title: string;
  readonly description: string;
  readonly createdAtMs: number;
  readonly memberCount: number;
  /** Of the newest bump of the members' inboxes. */
  readonly bumpedAtMs: number;
  /** An encoded StoredConversation; empty where it has only what is usual, as in rows from before there was one. */
  readonly details: Uint8Array;
  readonly position: number;
}

export interface MemberRow {
  readonly userId: string;
  /** `none` for a former member, and for somebody who was banned before they ever were one. */
  readonly role: MemberRole;
  /** 0 for somebody who never was a member. */
  readonly joinedSeq: number;
  /** The first seq that they see: joinedSeq, or below where the history was open to them. */
  readonly visibleFromSeq: number;
  /** Of the event that ended it, 0 while a member. */
  readonly removedSeq: number;
  /** Whether they may not become a member again. */
  readonly banned: boolean;
  /** Seqs of messages of this stay that mention them: at most the last 100, ascending. */
  readonly mentionSeqs: readonly number[];
  readonly position: number;
  /** Of a member: the seq that will end this stay, or has ended it and the rest of the row does not say so yet. */
  readonly leavingSeq?: number;
}

/**
 * That a stay ends at `seq`. It stands before the event of that seq does, so whoever read an event after it finds this or the member's
 * row, whichever comes first. By itself it makes nobody a member, nor a former one.
 */
export interface Leaving extends OfChannel {
  readonly conversationId: string;
  readonly userId: string;
  readonly seq: number;
  readonly position: number;
}

/** What says in which table a row lies: those of channels are spread over several partitions. */
interface OfChannel {
  readonly channel?: boolean;
}

/** A conversation in a person's inbox. */
export interface InboxRow {
  readonly userId: string;
  readonly conversationId: string;
  readonly kind: ConversationKind;
  /** The other person of a direct conversation, '' elsewhere. */
  readonly peerId: string;
  readonly joinedSeq: number;
  /** As in the member's row. */
  readonly visibleFromSeq: number;
  /** 0 while a member. */
  readonly removedSeq: number;
  /** Log time of the newest bump: last activity < changedAtMs + 60 s. */
  readonly changedAtMs: number;
  readonly position: number;
  /**
   * The owner's clock when the row was last written. A cell of its own, a maximum whatever the position: a row that is written again at
   * an equal or a lower position keeps its other cells and the later of the two times.
   */
  readonly storedAtMs: number;
  /** What the person's own log wrote beside it (OwnRow); only in what is read, and absent where there is none. */
  readonly flags?: Uint8Array | undefined;
}

/**
 * What a person's own log says of a conversation, beside its inbox row, of which it shares no cell but `storedAtMs`: a cell has one log that
 * writes it. It may be there before the inbox row is, and is in no list then.
 */
export interface OwnRow {
  readonly userId: string;
  readonly conversationId: string;
  /** An encoded StoredFlags. */
  readonly flags: Uint8Array;
  /** Of `flags`. */
  readonly position: number;
  /** An encoded Draft, empty where there is none any more; only where it changed. */
  readonly draft?: { readonly bytes: Uint8Array; readonly position: number };
  /** An encoded StoredDeleted; only where it changed. */
  readonly deleted?: { readonly bytes: Uint8Array; readonly position: number };
  /** As the inbox row's, where there is one: so a sync finds what changed here. */
  readonly storedAtMs: number;
}

/** What an owner needs of a person's own log to decide. */
export interface OwnFlagsRow {
  readonly conversationId: string;
  readonly flags: Uint8Array;
  readonly position: number;
  /** Empty with the position −1 where nothing is deleted. */
  readonly deleted: Uint8Array;
  readonly deletedPosition: number;
}

/** What lies beside the flags, each empty where there is none. */
export interface OwnContent {
  readonly draft: Uint8Array;
  readonly deleted: Uint8Array;
}

/** How far a member got. Cells are maxima: late writes lose without a read. */
export interface ReceiptRow extends OfChannel {
  readonly conversationId: string;
  readonly userId: string;
  readonly deliveredSeq: number;
  readonly readSeq: number;
  /** Count of messages up to readSeq. */
  readonly readMessageNo: number;
  /** The writer's clock when it moved: what a device that was away has not seen. */
  readonly updatedAtMs: number;
}

/** What one batch leaves in one conversation: rows, rewrites in the same bucket and the head are one atomic mutation. */
export interface LogMutation {
  readonly conversationId: string;
  readonly bucket: number;
  /** True where `bucket` was not the latest before: it is raised, at quorum, before any row is written. */
  readonly raisesBucket: boolean;
  readonly rows: readonly LogRow[];
  readonly rewrites: readonly Rewrite[];
  readonly head: Head;
}

/** When, by the owner's clock, an event of a channel was last stored that was old by the log's time. A maximum. */
export interface LateChannel {
  readonly conversationId: string;
  readonly storedAtMs: number;
}

/** What follows from the log mutations; written after all of them stand. */
export interface Projections {
  readonly conversations: readonly ConversationRow[];
  readonly members: readonly (MemberRow & OfChannel & { readonly conversationId: string })[];
  readonly inbox: readonly InboxRow[];
  readonly receipts: readonly ReceiptRow[];
  /** Channels of which an event was stored late: their members' inbox rows do not say so, as those of a group do. */
  readonly late?: readonly LateChannel[];
  /** Rewrites of rows in older buckets. */
  readonly rewrites: readonly (Rewrite & { readonly conversationId: string })[];
  readonly timers: readonly TimerRow[];
  /** Of people's own logs. */
  readonly own?: readonly OwnRow[];
}

/**
 * How far a partition of the command log was read to be applied, and of which log. It stands before anything of its batch is acknowledged, and
 * says how far the log has to reach.
 */
export interface PartitionMark {
  readonly partition: number;
  readonly logId: string;
  readonly epoch: number;
  /** One more than the highest offset whose outcome may stand. */
  readonly nextOffset: number;
}

export interface StoreBatch {
  /** Needless where all of a write is seen at once. */
  readonly leavings?: readonly Leaving[];
  readonly logs: readonly LogMutation[];
  readonly projections: Projections;
  readonly mark?: PartitionMark;
}

export interface MessageStore extends TimerStore {
  /**
   * Resolves when everything stands at quorum: latest buckets and leavings, log mutations, projections in this order; the mark at any time.
   * Rejects when the outcome is unknown or nothing was done: the caller writes the same batch again until it succeeds.
   */
  write(batch: StoreBatch): Promise<void>;

  /** The highest bucket that was raised; -1 for a conversation that is not there. */
  latestBucket(conversationId: string): Promise<number>;
  /** The newest rows of one bucket, newest first, at most `limit`, from one unpaged quorum query: never a gap that the store does not have. */
  readTail(conversationId: string, bucket: number, limit: number): Promise<readonly LogRow[]>;
  /** The row of lowest position with this sender and command id, in buckets `fromBucket` and above. */
  findCommand(
    conversationId: string,
    senderId: string,
    commandId: string,
    fromBucket: number,
  ): Promise<LogRow | undefined>;
  readRow(conversationId: string, seq: number): Promise<LogRow | undefined>;
  /** Rows with `fromSeq` ≤ seq ≤ `toSeq`, ascending, at most `limit` from the lower end (or from the upper, where `fromEnd`). */
  readRows(
    conversationId: string,
    fromSeq: number,
    toSeq: number,
    limit: number,
    fromEnd: boolean,
  ): Promise<readonly LogRow[]>;
  /** Heads of many conversations at once, in the order asked; undefined where there is none. */
  readHeads(conversationIds: readonly string[]): Promise<readonly (Head | undefined)[]>;

  readConversations(conversationIds: readonly string[]): Promise<readonly (ConversationRow | undefined)[]>;
  /** When an event of each of these channels was last stored late, in the order asked; 0: never. */
  readLate(conversationIds: readonly string[]): Promise<readonly number[]>;
  /**
   * Former members too, each once, after `afterUserId`, at most `limit`: by user id, but of channels in an order of the store's own. It
   * lasts, so the last one of a page begins the next.
   */
  readMembers(conversationId: string, afterUserId: string, limit: number): Promise<readonly MemberRow[]>;
  readMember(conversationId: string, userId: string): Promise<MemberRow | undefined>;
  /** Of a channel, in the order asked; at most 1,001. */
  readChannelMembers(conversationId: string, userIds: readonly string[]): Promise<readonly (MemberRow | undefined)[]>;

  /** A person's inbox by (changedAtMs, conversationId) descending, strictly below `below` where given. */
  readInbox(
    userId: string,
    below: { readonly changedAtMs: number; readonly conversationId: string } | undefined,
    limit: number,
  ): Promise<readonly InboxRow[]>;
  /** Those with storedAtMs ≥ `sinceMs`, by conversation id ascending, after `afterConversationId`, at most `limit`. */
  readInboxStored(
    userId: string,
    sinceMs: number,
    afterConversationId: string,
    limit: number,
  ): Promise<readonly InboxRow[]>;
  readInboxRow(userId: string, conversationId: string): Promise<InboxRow | undefined>;
  /** The inbox rows of the channels that a person is or was a member of. */
  readChannels(userId: string): Promise<readonly InboxRow[]>;

  /** All that a person's own log wrote, in no order; of at most OWN_CONVERSATIONS_MAX conversations (user-log.ts). */
  readOwnFlags(userId: string): Promise<readonly OwnFlagsRow[]>;
  /** Of one person in many conversations, in the order asked; undefined where their own log wrote nothing. */
  readOwn(userId: string, conversationIds: readonly string[]): Promise<readonly (OwnContent | undefined)[]>;

  writeReceipts(rows: readonly ReceiptRow[]): Promise<void>;
  /** Of one person in many conversations, in the order asked. */
  readReceipts(userId: string, conversationIds: readonly string[]): Promise<readonly (ReceiptRow | undefined)[]>;
  /** Of all members of one conversation that is no channel, at most 500. */
  readConversationReceipts(conversationId: string): Promise<readonly ReceiptRow[]>;
  /** Of some people in one conversation, in the order asked. */
  readMemberReceipts(conversationId: string, userIds: readonly string[]): Promise<readonly (ReceiptRow | undefined)[]>;

  readMark(partition: number): Promise<PartitionMark | undefined>;
  close(): Promise<void>;
}

/** The gateways that hold a lease. */
export interface GatewayDirectory {
  /**
   * Undefined for a gateway that is gone, and its sessions with it. Where that has to be asked first, the call asks, and rejects with
   * NOT_FOUND.
   */
  get(gatewayId: string): DeliveryService | undefined;
  ids(): readonly string[];
  /** Resolves when `ids` has each gateway that held a lease at the time of the call; rejects where nobody can say. */
  refresh(): Promise<void>;
}
