/** Rows of the SQLite message store as values, and back. */
import type { SqlValue } from '@clatter/log';
import type { ConversationKind, MemberRole } from '@clatter/wire';
import { decodeMentions } from '../mentions.ts';
import type { ConversationRow, Head, InboxRow, LogRow, MemberRow, OwnFlagsRow, ReceiptRow } from '../ports.ts';

export type Row = readonly SqlValue[];

export const toLogRow = ([
  seq,
  messageNo,
  position,
  commandId,
  senderId,
  sentAtMs,
  event,
  eventPosition,
]: Row): LogRow => ({
  seq: seq as number,
  messageNo: messageNo as number,
  position: position as number,
  commandId: commandId as string,
  senderId: senderId as string,
  sentAtMs: sentAtMs as number,
  event: event as Uint8Array,
  eventPosition: eventPosition as number,
});

export const toHead = ([seq, messageNo, position, sentAtMs]: Row): Head =>
  ({ seq, messageNo, position, sentAtMs }) as Head;

export const toMember = ([
  userId,
  role,
  joinedSeq,
  removedSeq,
  visibleFromSeq,
  banned,
  position,
  details,
]: Row): MemberRow =>
  ({
    userId,
    role: role as MemberRole,
    joinedSeq,
    visibleFromSeq: visibleFromSeq || joinedSeq,
    removedSeq,
    banned: banned === 1,
    mentionSeqs: decodeMentions(details as Uint8Array),
    position,
  }) as MemberRow;

export const toConversation = ([
  conversationId,
  kind,
  title,
  description,
  createdAtMs,
  memberCount,
  bumpedAtMs,
  position,
  details,
]: Row): ConversationRow =>
  ({
    conversationId,
    kind: kind as ConversationKind,
    title,
    description,
    createdAtMs,
    memberCount,
    bumpedAtMs,
    details,
    position,
  }) as ConversationRow;

export const toInbox = ([
  userId,
  conversationId,
  kind,
  peerId,
  joinedSeq,
  removedSeq,
  changedAtMs,
  position,
  storedAtMs,
  visibleFromSeq,
  flags,
]: Row): InboxRow =>
  ({
    userId,
    conversationId,
    kind: kind as ConversationKind,
    peerId,
    joinedSeq,
    visibleFromSeq: visibleFromSeq || joinedSeq,
    removedSeq,
    changedAtMs,
    position,
    storedAtMs,
    ...(flags !== null && { flags }),
  }) as InboxRow;

export const toOwnFlags = ([conversationId, flags, position, deleted, deletedPosition]: Row): OwnFlagsRow =>
  ({ conversationId, flags, position, deleted, deletedPosition }) as OwnFlagsRow;

export const toReceipt = ([
  conversationId,
  userId,
  deliveredSeq,
  readSeq,
  readMessageNo,
  updatedAtMs,
]: Row): ReceiptRow => ({ conversationId, userId, deliveredSeq, readSeq, readMessageNo, updatedAtMs }) as ReceiptRow;
