/** Rows of Cassandra as what the port speaks of. Undefined where a row is not whole: only a rewrite or a maximum was written to it. */
import type { ConversationKind, MemberRole } from '@clatter/wire';
import type { types } from 'cassandra-driver';
import { decodeMentions } from '../mentions.ts';
import type {
  ConversationRow,
  Head,
  InboxRow,
  LogRow,
  MemberRow,
  OwnContent,
  OwnFlagsRow,
  PartitionMark,
  ReceiptRow,
} from '../ports.ts';

type Row = types.Row;

/** What stands for no id: a null would be a deletion. */
export const NIL_ID = '00000000-0000-0000-0000-000000000000';

const NO_BYTES = new Uint8Array(0);

export const idOf = (value: types.Uuid): string => value.toString();
/** Positions, seqs and counts are below 2^53. */
const numberOf = (value: types.Long | null): number => (value === null ? 0 : value.toNumber());
export const msOf = (value: Date | null): number => (value === null ? 0 : value.getTime());

export const toLogRow = (row: Row): LogRow | undefined =>
  row.command_id && row.event
    ? {
        seq: numberOf(row.seq),
        messageNo: numberOf(row.message_no),
        position: numberOf(row.position),
        commandId: idOf(row.command_id),
        senderId: idOf(row.sender_id),
        sentAtMs: msOf(row.sent_at),
        event: row.event,
        eventPosition: numberOf(row.event_position),
      }
    : undefined;

export const toHead = (row: Row): Head | undefined =>
  row.head_seq
    ? {
        seq: numberOf(row.head_seq),
        messageNo: numberOf(row.head_message_no),
        position: numberOf(row.position),
        sentAtMs: msOf(row.head_sent_at),
      }
    : undefined;

export const toConversation = (row: Row): ConversationRow | undefined =>
  row.kind
    ? {
        conversationId: idOf(row.conversation_id),
        kind: row.kind as ConversationKind,
        title: row.title,
        description: row.description,
        createdAtMs: msOf(row.created_at),
        memberCount: row.member_count,
        bumpedAtMs: msOf(row.bumped_at),
        details: row.details ? new Uint8Array(row.details) : NO_BYTES,
        position: numberOf(row.position),
      }
    : undefined;

/** A row to which only a mark that a stay ends was written is that of a stranger. */
export function toMember(row: Row): MemberRow {
  const role = (row.role as MemberRole | null) ?? 'none';
  const joinedSeq = numberOf(row.joined_seq);
  const leavingSeq = role === 'none' ? 0 : numberOf(row.leaving_seq);
  return {
    userId: idOf(row.user_id),
    role,
    joinedSeq,
    visibleFromSeq: numberOf(row.visible_from_seq ?? row.joined_seq),
    removedSeq: numberOf(row.removed_seq),
    banned: row.banned ?? false,
    mentionSeqs: decodeMentions(row.details ? new Uint8Array(row.details) : undefined),
    position: numberOf(row.position),
    // Of an earlier stay where it is not above.
    ...(leavingSeq > joinedSeq && { leavingSeq }),
  };
}

export function toInbox(row: Row): InboxRow | undefined {
  if (!row.kind) return undefined;
  const peerId = idOf(row.peer_id);
  return {
    userId: idOf(row.user_id),
    conversationId: idOf(row.conversation_id),
    kind: row.kind as ConversationKind,
    peerId: peerId === NIL_ID ? '' : peerId,
    joinedSeq: numberOf(row.joined_seq),
    visibleFromSeq: numberOf(row.visible_from_seq ?? row.joined_seq),
    removedSeq: numberOf(row.removed_seq),
    changedAtMs: msOf(row.changed_at),
    position: numberOf(row.position),
    storedAtMs: msOf(row.stored_at),
    ...(row.flags && { flags: new Uint8Array(row.flags) }),
  };
}

const bytesOf = (value: Buffer | null): Uint8Array => (value ? new Uint8Array(value) : NO_BYTES);

export const toOwnFlags = (row: Row): OwnFlagsRow => ({
  conversationId: idOf(row.conversation_id),
  flags: bytesOf(row.flags),
  position: numberOf(row.position),
  deleted: bytesOf(row.deleted),
  deletedPosition: row.deleted ? numberOf(row.deleted_position) : -1,
});

export const toOwn = (row: Row): OwnContent | undefined =>
  row.draft || row.deleted ? { draft: bytesOf(row.draft), deleted: bytesOf(row.deleted) } : undefined;

export const toReceipt = (row: Row): ReceiptRow => ({
  conversationId: idOf(row.conversation_id),
  userId: idOf(row.user_id),
  deliveredSeq: numberOf(row.delivered_seq),
  readSeq: numberOf(row.read_seq),
  readMessageNo: numberOf(row.read_message_no),
  updatedAtMs: msOf(row.updated_at),
});

export const toMark = (partition: number, row: Row): PartitionMark => ({
  partition,
  logId: row.log_id,
  epoch: row.epoch,
  nextOffset: numberOf(row.next_offset),
});
