/**
 * The MessageStore of one process, over Storage. A write is one transaction and one fsync, together with the records of the log and
 * whatever else the process writes in that moment; the order that the port promises follows from it. Tables: sqlite-tables.ts.
 *
 * Last writer wins by position, equal positions keep what is there; receipts are maxima.
 */
import type { SqlValue, Statement, Storage } from '@clatter/log';
import type { ConversationKind, MemberRole } from '@clatter/wire';
import { idHash } from '../id-window.ts';
import {
  BUCKET_SEQS,
  type ConversationRow,
  type Head,
  type InboxRow,
  type LogRow,
  type MemberRow,
  type MessageStore,
  type ReceiptRow,
} from '../ports.ts';
import { SQLITE_TABLES } from './sqlite-tables.ts';

const NUMBER = '(SELECT number FROM log_heads WHERE conversation_id = ?1)';
const ROW = 'key & 4294967295, message_no, position, command_id, sender_id, sent_at_ms, event, event_position';
const LAST = '￿';
const INBOX = 'user_id, conversation_id, kind, peer_id, joined_seq, removed_seq, changed_at_ms, position, stored_at_ms';

const WRITES = {
  raise: `INSERT INTO log_heads (conversation_id, latest_bucket, seq, message_no, position, sent_at_ms) VALUES (?1, ?2, 0, 0, -1, 0)
    ON CONFLICT (conversation_id) DO UPDATE SET latest_bucket = max(latest_bucket, excluded.latest_bucket)`,
  row: `INSERT INTO conversation_log SELECT number << 32 | ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM log_heads WHERE conversation_id = ?1
    ON CONFLICT (key) DO UPDATE SET
      message_no = iif(excluded.position > position, excluded.message_no, message_no),
      command_id = iif(excluded.position > position, excluded.command_id, command_id),
      sender_id = iif(excluded.position > position, excluded.sender_id, sender_id),
      sent_at_ms = iif(excluded.position > position, excluded.sent_at_ms, sent_at_ms),
      position = max(excluded.position, position),
      event = iif(excluded.event_position > event_position, excluded.event, event),
      event_position = max(excluded.event_position, event_position)`,
  command:
    'INSERT OR IGNORE INTO log_commands SELECT number, ?2 << 32 | ?3, ?4 FROM log_heads WHERE conversation_id = ?1',
  rewrite: `UPDATE conversation_log SET event = ?3, event_position = ?4 WHERE key = ${NUMBER} << 32 | ?2 AND event_position < ?4`,
  head: 'UPDATE log_heads SET seq = ?2, message_no = ?3, position = ?4, sent_at_ms = ?5 WHERE conversation_id = ?1 AND position < ?4',
  conversation: upsert(
    'conversations',
    ['conversation_id'],
    ['kind', 'title', 'description', 'created_at_ms', 'member_count', 'bumped_at_ms', 'position'],
  ),
  member: upsert('members', ['conversation_id', 'user_id'], ['role', 'joined_seq', 'removed_seq', 'position']),
  inbox: `INSERT INTO inbox (${INBOX}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
      kind = iif(excluded.position > position, excluded.kind, kind),
      peer_id = iif(excluded.position > position, excluded.peer_id, peer_id),
      joined_seq = iif(excluded.position > position, excluded.joined_seq, joined_seq),
      removed_seq = iif(excluded.position > position, excluded.removed_seq, removed_seq),
      changed_at_ms = iif(excluded.position > position, excluded.changed_at_ms, changed_at_ms),
      position = max(excluded.position, position),
      stored_at_ms = max(excluded.stored_at_ms, stored_at_ms)
      WHERE excluded.position > position OR excluded.stored_at_ms > stored_at_ms`,
  receipt: `INSERT INTO receipts VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
      delivered_seq = max(delivered_seq, excluded.delivered_seq), read_seq = max(read_seq, excluded.read_seq),
      read_message_no = max(read_message_no, excluded.read_message_no), updated_at_ms = max(updated_at_ms, excluded.updated_at_ms)`,
  mark: `INSERT INTO partitions VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET log_id = excluded.log_id, epoch = excluded.epoch, next_offset = excluded.next_offset
      WHERE (excluded.epoch, excluded.next_offset) > (epoch, next_offset)`,
};

const READS = {
  latestBucket: 'SELECT latest_bucket FROM log_heads WHERE conversation_id = ?1',
  tail: `SELECT ${ROW} FROM conversation_log WHERE key BETWEEN ${NUMBER} << 32 | ?2 AND ${NUMBER} << 32 | ?3 ORDER BY key DESC LIMIT ?4`,
  rows: `SELECT ${ROW} FROM conversation_log WHERE key BETWEEN ${NUMBER} << 32 | ?2 AND ${NUMBER} << 32 | ?3 ORDER BY key LIMIT ?4`,
  command: `SELECT ${ROW} FROM conversation_log WHERE key IN
      (SELECT number << 32 | seq FROM log_commands WHERE number = ${NUMBER} AND hash = ?2 << 32 | ?3 AND seq >= ?4)`,
  head: 'SELECT seq, message_no, position, sent_at_ms FROM log_heads WHERE conversation_id = ? AND seq > 0',
  conversation: 'SELECT * FROM conversations WHERE conversation_id = ?',
  members:
    'SELECT user_id, role, joined_seq, removed_seq, position FROM members WHERE conversation_id = ? AND user_id > ? ORDER BY user_id LIMIT ?',
  member:
    'SELECT user_id, role, joined_seq, removed_seq, position FROM members WHERE conversation_id = ? AND user_id = ?',
  inbox: `SELECT ${INBOX} FROM inbox WHERE user_id = ? AND (changed_at_ms, conversation_id) < (?, ?) ORDER BY changed_at_ms DESC, conversation_id DESC LIMIT ?`,
  inboxStored: `SELECT ${INBOX} FROM inbox WHERE user_id = ? AND conversation_id > ? AND stored_at_ms >= ? ORDER BY conversation_id LIMIT ?`,
  inboxRow: `SELECT ${INBOX} FROM inbox WHERE user_id = ? AND conversation_id = ?`,
  receipt: 'SELECT * FROM receipts WHERE conversation_id = ? AND user_id = ?',
  receipts: 'SELECT * FROM receipts WHERE conversation_id = ? LIMIT 500',
  mark: 'SELECT partition, log_id, epoch, next_offset FROM partitions WHERE partition = ?',
};

/** An upsert of whole rows by position. */
function upsert(table: string, keys: readonly string[], columns: readonly string[]): string {
  const all = [...keys, ...columns];
  const sets = columns.map((column) => `${column} = excluded.${column}`);
  return `INSERT INTO ${table} (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')})
    ON CONFLICT DO UPDATE SET ${sets.join(', ')} WHERE excluded.position > position`;
}

type Row = readonly SqlValue[];

const toLogRow = ([seq, messageNo, position, commandId, senderId, sentAtMs, event, eventPosition]: Row): LogRow => ({
  seq: seq as number,
  messageNo: messageNo as number,
  position: position as number,
  commandId: commandId as string,
  senderId: senderId as string,
  sentAtMs: sentAtMs as number,
  event: event as Uint8Array,
  eventPosition: eventPosition as number,
});

const toHead = ([seq, messageNo, position, sentAtMs]: Row): Head => ({ seq, messageNo, position, sentAtMs }) as Head;

const toMember = ([userId, role, joinedSeq, removedSeq, position]: Row): MemberRow =>
  ({ userId, role: role as MemberRole, joinedSeq, removedSeq, position }) as MemberRow;

const toConversation = ([
  conversationId,
  kind,
  title,
  description,
  createdAtMs,
  memberCount,
  bumpedAtMs,
  position,
]: Row): ConversationRow =>
  ({
    conversationId,
    kind: kind as ConversationKind,
    title,
    description,
    createdAtMs,
    memberCount,
    bumpedAtMs,
    position,
  }) as ConversationRow;

const toInbox = ([
  userId,
  conversationId,
  kind,
  peerId,
  joinedSeq,
  removedSeq,
  changedAtMs,
  position,
  storedAtMs,
]: Row): InboxRow =>
  ({
    userId,
    conversationId,
    kind: kind as ConversationKind,
    peerId,
    joinedSeq,
    removedSeq,
    changedAtMs,
    position,
    storedAtMs,
  }) as InboxRow;

const toReceipt = ([conversationId, userId, deliveredSeq, readSeq, readMessageNo, updatedAtMs]: Row): ReceiptRow =>
  ({ conversationId, userId, deliveredSeq, readSeq, readMessageNo, updatedAtMs }) as ReceiptRow;

const receiptParams = (row: ReceiptRow): SqlValue[] => [
  row.conversationId,
  row.userId,
  row.deliveredSeq,
  row.readSeq,
  row.readMessageNo,
  row.updatedAtMs,
];

/** Seqs beyond 32 bits are not in a key. */
const SEQ_MAX = 2 ** 32 - 1;

/** @param bucketSeqs as the projector's */
export async function createSqliteMessageStore(options: {
  readonly storage: Storage;
  readonly bucketSeqs?: number;
}): Promise<MessageStore> {
  const { storage, bucketSeqs = BUCKET_SEQS } = options;
  await storage.migrate('messages', SQLITE_TABLES);
  const prepare = <T extends Record<string, string>>(sqls: T): { [K in keyof T]: Statement } =>
    Object.fromEntries(Object.entries(sqls).map(([name, sql]) => [name, storage.statement(sql)])) as {
      [K in keyof T]: Statement;
    };
  const write = prepare(WRITES);
  const read = prepare(READS);
  const first = async (statement: Statement, params: SqlValue[]): Promise<Row | undefined> =>
    (await storage.read(statement, params))[0];

  return {
    write({ logs, projections, mark }) {
      const ops: { statement: Statement; params: SqlValue[] }[] = [];
      const op = (statement: Statement, ...params: SqlValue[]): void => void ops.push({ statement, params });
      for (const log of logs) {
        const id = log.conversationId;
        if (log.raisesBucket) op(write.raise, id, log.bucket);
        for (const row of log.rows) {
          op(
            write.row,
            id,
            row.seq,
            row.messageNo,
            row.position,
            row.commandId,
            row.senderId,
            row.sentAtMs,
            row.event,
            row.eventPosition,
          );
          const { low, high } = idHash(row.senderId, row.commandId);
          op(write.command, id, high | 0, low, row.seq);
        }
        for (const { seq, event, eventPosition } of log.rewrites) op(write.rewrite, id, seq, event, eventPosition);
        op(write.head, id, log.head.seq, log.head.messageNo, log.head.position, log.head.sentAtMs);
      }
      for (const row of projections.conversations)
        op(
          write.conversation,
          row.conversationId,
          row.kind,
          row.title,
          row.description,
          row.createdAtMs,
          row.memberCount,
          row.bumpedAtMs,
          row.position,
        );
      for (const row of projections.members)
        op(write.member, row.conversationId, row.userId, row.role, row.joinedSeq, row.removedSeq, row.position);
      for (const row of projections.inbox)
        op(
          write.inbox,
          row.userId,
          row.conversationId,
          row.kind,
          row.peerId,
          row.joinedSeq,
          row.removedSeq,
          row.changedAtMs,
          row.position,
          row.storedAtMs,
        );
      for (const row of projections.receipts) op(write.receipt, ...receiptParams(row));
      for (const row of projections.rewrites)
        op(write.rewrite, row.conversationId, row.seq, row.event, row.eventPosition);
      if (mark) op(write.mark, mark.partition, mark.logId, mark.epoch, mark.nextOffset);
      return storage.write(ops);
    },

    async latestBucket(id) {
      const row = await first(read.latestBucket, [id]);
      return row ? (row[0] as number) : -1;
    },
    async readTail(id, bucket, limit) {
      const rows = await storage.read(read.tail, [id, bucket * bucketSeqs + 1, (bucket + 1) * bucketSeqs, limit]);
      return rows.map(toLogRow);
    },
    async findCommand(id, senderId, commandId, fromBucket) {
      const { low, high } = idHash(senderId, commandId);
      const rows = await storage.read(read.command, [id, high | 0, low, fromBucket * bucketSeqs + 1]);
      return rows
        .map(toLogRow)
        .filter((row) => row.senderId === senderId && row.commandId === commandId)
        .sort((a, b) => a.position - b.position)[0];
    },
    async readRow(id, seq) {
      const row = await first(read.rows, [id, seq, seq, 1]);
      return row && toLogRow(row);
    },
    async readRows(id, fromSeq, toSeq, limit, fromEnd) {
      const to = Math.min(toSeq, SEQ_MAX);
      if (fromSeq > to) return [];
      const rows = (await storage.read(fromEnd ? read.tail : read.rows, [id, fromSeq, to, limit])).map(toLogRow);
      return fromEnd ? rows.reverse() : rows;
    },
    readHeads: (ids) =>
      Promise.all(
        ids.map(async (id) => {
          const row = await first(read.head, [id]);
          return row && toHead(row);
        }),
      ),
    readConversations: (ids) =>
      Promise.all(
        ids.map(async (id) => {
          const row = await first(read.conversation, [id]);
          return row && toConversation(row);
        }),
      ),
    readMembers: async (id, after, limit) => (await storage.read(read.members, [id, after, limit])).map(toMember),
    async readMember(id, userId) {
      const row = await first(read.member, [id, userId]);
      return row && toMember(row);
    },
    async readInbox(userId, below, limit) {
      const { changedAtMs, conversationId } = below ?? { changedAtMs: Number.MAX_SAFE_INTEGER, conversationId: LAST };
      return (await storage.read(read.inbox, [userId, changedAtMs, conversationId, limit])).map(toInbox);
    },
    readInboxStored: async (userId, sinceMs, after, limit) =>
      (await storage.read(read.inboxStored, [userId, after, sinceMs, limit])).map(toInbox),
    async readInboxRow(userId, id) {
      const row = await first(read.inboxRow, [userId, id]);
      return row && toInbox(row);
    },
    writeReceipts: (rows) =>
      storage.write(rows.map((row) => ({ statement: write.receipt, params: receiptParams(row) }))),
    readReceipts: (userId, ids) =>
      Promise.all(
        ids.map(async (id) => {
          const row = await first(read.receipt, [id, userId]);
          return row && toReceipt(row);
        }),
      ),
    readConversationReceipts: async (id) => (await storage.read(read.receipts, [id])).map(toReceipt),
    async readMark(partition) {
      const row = await first(read.mark, [partition]);
      return row && { partition, logId: row[1] as string, epoch: row[2] as number, nextOffset: row[3] as number };
    },
    async close() {
      // The storage belongs to whoever opened it.
    },
  };
}
