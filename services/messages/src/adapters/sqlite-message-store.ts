/**
 * The MessageStore of one process, over Storage. A write is one transaction and one fsync, together with the records of the log and
 * whatever else the process writes in that moment; the order that the port promises follows from it. Logs: sqlite-log.ts; tables:
 * sqlite-tables.ts.
 *
 * Last writer wins by position, equal positions keep what is there; receipts are maxima.
 */
import type { SqlValue, Statement, Storage } from '@clatter/log';
import { encodeMentions } from '../mentions.ts';
import { BUCKET_SEQS, type MessageStore, type ReceiptRow, type StoreBatch } from '../ports.ts';
import { LogWrite, RECENT_ROWS_MAX, SqliteLog } from './sqlite-log.ts';
import { type Row, toConversation, toInbox, toMember, toOwnFlags, toReceipt } from './sqlite-rows.ts';
import { SQLITE_TABLES } from './sqlite-tables.ts';
import { sqliteTimers, timerParams, WRITE_TIMER } from './sqlite-timers.ts';

const LAST = '￿';
const INBOX =
  'user_id, conversation_id, kind, peer_id, joined_seq, removed_seq, changed_at_ms, position, stored_at_ms, visible_from_seq';

const READ_INBOX = `${INBOX}, (SELECT flags FROM own_conversations own
  WHERE own.user_id = inbox.user_id AND own.conversation_id = inbox.conversation_id) FROM inbox`;

const MEMBER = 'user_id, role, joined_seq, removed_seq, visible_from_seq, banned, position, details FROM members';
const RECEIPT =
  'conversation_id, user_id, delivered_seq, read_seq, read_message_no, updated_at_ms FROM log_conversations CROSS JOIN receipts USING (number)';

const WRITES = {
  conversation: upsert(
    'conversations',
    ['conversation_id'],
    ['kind', 'title', 'description', 'created_at_ms', 'member_count', 'bumped_at_ms', 'position', 'details'],
  ),
  member: upsert(
    'members',
    ['conversation_id', 'user_id'],
    ['role', 'joined_seq', 'removed_seq', 'visible_from_seq', 'banned', 'position', 'details'],
  ),
  inbox: `INSERT INTO inbox (${INBOX}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
      kind = iif(excluded.position > position, excluded.kind, kind),
      peer_id = iif(excluded.position > position, excluded.peer_id, peer_id),
      joined_seq = iif(excluded.position > position, excluded.joined_seq, joined_seq),
      visible_from_seq = iif(excluded.position > position, excluded.visible_from_seq, visible_from_seq),
      removed_seq = iif(excluded.position > position, excluded.removed_seq, removed_seq),
      changed_at_ms = iif(excluded.position > position, excluded.changed_at_ms, changed_at_ms),
      position = max(excluded.position, position),
      stored_at_ms = max(excluded.stored_at_ms, stored_at_ms)
      WHERE excluded.position > position OR excluded.stored_at_ms > stored_at_ms`,
  receipt: `INSERT INTO receipts VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
      delivered_seq = max(delivered_seq, excluded.delivered_seq), read_seq = max(read_seq, excluded.read_seq),
      read_message_no = max(read_message_no, excluded.read_message_no), updated_at_ms = max(updated_at_ms, excluded.updated_at_ms)`,
  timer: WRITE_TIMER,
  own: `INSERT INTO own_conversations (user_id, conversation_id, flags, position) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET flags = excluded.flags, position = excluded.position WHERE excluded.position > position`,
  ownDraft:
    'UPDATE own_conversations SET draft = ?3, draft_position = ?4 WHERE user_id = ?1 AND conversation_id = ?2 AND draft_position < ?4',
  ownDeleted:
    'UPDATE own_conversations SET deleted = ?3, deleted_position = ?4 WHERE user_id = ?1 AND conversation_id = ?2 AND deleted_position < ?4',
  ownStored: 'UPDATE inbox SET stored_at_ms = max(stored_at_ms, ?3) WHERE user_id = ?1 AND conversation_id = ?2',
  late: 'UPDATE conversations SET late_at_ms = max(late_at_ms, ?) WHERE conversation_id = ?',
  mark: `INSERT INTO partitions VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET log_id = excluded.log_id, epoch = excluded.epoch, next_offset = excluded.next_offset
      WHERE (excluded.epoch, excluded.next_offset) > (epoch, next_offset)`,
};

const READS = {
  conversation: 'SELECT * FROM conversations WHERE conversation_id = ?',
  members: `SELECT ${MEMBER} WHERE conversation_id = ? AND user_id > ? ORDER BY user_id LIMIT ?`,
  member: `SELECT ${MEMBER} WHERE conversation_id = ? AND user_id = ?`,
  inbox: `SELECT ${READ_INBOX} WHERE user_id = ? AND (changed_at_ms, conversation_id) < (?, ?) ORDER BY changed_at_ms DESC, conversation_id DESC LIMIT ?`,
  inboxStored: `SELECT ${READ_INBOX} WHERE user_id = ? AND conversation_id > ? AND stored_at_ms >= ? ORDER BY conversation_id LIMIT ?`,
  inboxRow: `SELECT ${READ_INBOX} WHERE user_id = ? AND conversation_id = ?`,
  ownFlags: `SELECT conversation_id, flags, position, deleted, deleted_position FROM own_conversations
    WHERE user_id = ?`,
  own: 'SELECT draft, deleted FROM own_conversations WHERE user_id = ? AND conversation_id = ?',
  channels: `SELECT ${READ_INBOX} WHERE user_id = ? AND kind = 'channel' ORDER BY conversation_id`,
  receipt: `SELECT ${RECEIPT} WHERE conversation_id = ? AND user_id = ?`,
  receipts: `SELECT ${RECEIPT} WHERE conversation_id = ? LIMIT 500`,
  memberReceipts: `SELECT ${RECEIPT} WHERE conversation_id = ? AND user_id IN (SELECT value FROM json_each(?))`,
  late: 'SELECT late_at_ms FROM conversations WHERE conversation_id = ?',
  mark: 'SELECT partition, log_id, epoch, next_offset FROM partitions WHERE partition = ?',
};

/** An upsert of whole rows by position. */
function upsert(table: string, keys: readonly string[], columns: readonly string[]): string {
  const all = [...keys, ...columns];
  const sets = columns.map((column) => `${column} = excluded.${column}`);
  return `INSERT INTO ${table} (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')})
    ON CONFLICT DO UPDATE SET ${sets.join(', ')} WHERE excluded.position > position`;
}

/** @param bucketSeqs as the projector's */
export async function createSqliteMessageStore(options: {
  readonly storage: Storage;
  readonly bucketSeqs?: number;
  /** How many rows are written before their entries in the index are; another value than the default is for tests. */
  readonly recentRowsMax?: number;
}): Promise<MessageStore> {
  const { storage, bucketSeqs = BUCKET_SEQS, recentRowsMax = RECENT_ROWS_MAX } = options;
  await storage.migrate('messages', SQLITE_TABLES);
  const log = await SqliteLog.open(storage, recentRowsMax);
  const prepare = <T extends Record<string, string>>(sqls: T): { [K in keyof T]: Statement } =>
    Object.fromEntries(Object.entries(sqls).map(([name, sql]) => [name, storage.statement(sql)])) as {
      [K in keyof T]: Statement;
    };
  const statements = prepare(WRITES);
  const read = prepare(READS);
  const first = async (statement: Statement, params: SqlValue[]): Promise<Row | undefined> =>
    (await storage.read(statement, params))[0];

  /** Writes are prepared one after the other: each relies on what the one before it left. */
  let last: Promise<unknown> = Promise.resolve();
  const writeNext = (batch: StoreBatch): Promise<void> => {
    const done = last.then(() => writeBatch(batch));
    last = done.catch(() => undefined);
    return done;
  };

  const writeBatch = async ({ logs, projections, mark }: StoreBatch): Promise<void> => {
    const { conversations, members, inbox, receipts, rewrites, timers, own = [] } = projections;
    const lookedUp = log.lookUp(namedBy(logs, receipts, rewrites));
    if (lookedUp) await lookedUp;
    const ops: { statement: Statement; params: readonly SqlValue[] }[] = [];
    const add = (statement: Statement, params: readonly SqlValue[]): void => void ops.push({ statement, params });
    const write = new LogWrite(log, add);
    for (const mutation of logs) write.mutate(mutation);
    for (const row of conversations)
      add(statements.conversation, [
        row.conversationId,
        row.kind,
        row.title,
        row.description,
        row.createdAtMs,
        row.memberCount,
        row.bumpedAtMs,
        row.position,
        row.details,
      ]);
    for (const row of projections.late ?? []) add(statements.late, [row.storedAtMs, row.conversationId]);
    for (const row of members)
      add(statements.member, [
        row.conversationId,
        row.userId,
        row.role,
        row.joinedSeq,
        row.removedSeq,
        row.visibleFromSeq,
        row.banned ? 1 : 0,
        row.position,
        encodeMentions(row.mentionSeqs),
      ]);
    for (const row of inbox)
      add(statements.inbox, [
        row.userId,
        row.conversationId,
        row.kind,
        row.peerId,
        row.joinedSeq,
        row.removedSeq,
        row.changedAtMs,
        row.position,
        row.storedAtMs,
        row.visibleFromSeq,
      ]);
    for (const { userId, conversationId, flags, position, draft, deleted, storedAtMs } of own) {
      add(statements.own, [userId, conversationId, flags, position]);
      if (draft) add(statements.ownDraft, [userId, conversationId, draft.bytes, draft.position]);
      if (deleted) add(statements.ownDeleted, [userId, conversationId, deleted.bytes, deleted.position]);
      add(statements.ownStored, [userId, conversationId, storedAtMs]);
    }
    for (const row of receipts) add(statements.receipt, receiptParams(write.number(row.conversationId), row));
    for (const rewrite of rewrites) write.rewrite(rewrite.conversationId, rewrite);
    for (const row of timers) add(statements.timer, timerParams(row));
    write.index();
    if (mark) add(statements.mark, [mark.partition, mark.logId, mark.epoch, mark.nextOffset]);
    await storage.write(ops);
    write.stands();
  };

  return {
    ...sqliteTimers(storage),
    write: writeNext,
    latestBucket: (id) => log.latestBucket(id),
    readTail: async (id, bucket, limit) =>
      (await log.rows(id, bucket * bucketSeqs + 1, (bucket + 1) * bucketSeqs, limit, true)).toReversed(),
    findCommand: (id, senderId, commandId, fromBucket) =>
      log.find(id, senderId, commandId, fromBucket * bucketSeqs + 1),
    readRow: async (id, seq) => (await log.rows(id, seq, seq, 1, false))[0],
    readRows: (id, fromSeq, toSeq, limit, fromEnd) => log.rows(id, fromSeq, toSeq, limit, fromEnd),
    readHeads: (ids) => Promise.all(ids.map((id) => log.head(id))),
    readConversations: (ids) =>
      Promise.all(
        ids.map(async (id) => {
          const row = await first(read.conversation, [id]);
          return row && toConversation(row);
        }),
      ),
    readLate: (ids) =>
      Promise.all(ids.map(async (id) => ((await first(read.late, [id]))?.[0] as number | undefined) ?? 0)),
    readMembers: async (id, after, limit) => (await storage.read(read.members, [id, after, limit])).map(toMember),
    async readMember(id, userId) {
      const row = await first(read.member, [id, userId]);
      return row && toMember(row);
    },
    readChannelMembers: (id, userIds) =>
      Promise.all(
        userIds.map(async (userId) => {
          const row = await first(read.member, [id, userId]);
          return row && toMember(row);
        }),
      ),
    readChannels: async (userId) => (await storage.read(read.channels, [userId])).map(toInbox),
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
    readOwnFlags: async (userId) => (await storage.read(read.ownFlags, [userId])).map(toOwnFlags),
    readOwn: (userId, ids) =>
      Promise.all(
        ids.map(async (id) => {
          const row = await first(read.own, [userId, id]);
          return row && { draft: row[0] as Uint8Array, deleted: row[1] as Uint8Array };
        }),
      ),
    async writeReceipts(receipts) {
      await log.lookUp(receipts.map(({ conversationId }) => conversationId));
      const numbers = receipts.map(({ conversationId }) => log.conversations.get(conversationId)?.number);
      // Of conversations that are there, as all are outside of tests: nothing else relies on them, so they wait for no other write.
      if (numbers.every((number) => number !== undefined))
        return storage.write(
          receipts.map((row, i) => ({
            statement: statements.receipt,
            params: receiptParams(numbers[i] as number, row),
          })),
        );
      return writeNext({ logs: [], projections: { ...NOTHING, receipts } });
    },
    readReceipts: (userId, ids) =>
      Promise.all(
        ids.map(async (id) => {
          const row = await first(read.receipt, [id, userId]);
          return row && toReceipt(row);
        }),
      ),
    readConversationReceipts: async (id) => (await storage.read(read.receipts, [id])).map(toReceipt),
    async readMemberReceipts(id, userIds) {
      const rows = (await storage.read(read.memberReceipts, [id, JSON.stringify(userIds)])).map(toReceipt);
      const byUser = new Map(rows.map((row) => [row.userId, row]));
      return userIds.map((userId) => byUser.get(userId));
    },
    async readMark(partition) {
      const row = await first(read.mark, [partition]);
      return row && { partition, logId: row[1] as string, epoch: row[2] as number, nextOffset: row[3] as number };
    },
    async close() {
      // The storage belongs to whoever opened it.
    },
  };
}

const receiptParams = (number: number, row: ReceiptRow): SqlValue[] => [
  number,
  row.userId,
  row.deliveredSeq,
  row.readSeq,
  row.readMessageNo,
  row.updatedAtMs,
];

const NOTHING: StoreBatch['projections'] = {
  conversations: [],
  members: [],
  inbox: [],
  receipts: [],
  rewrites: [],
  timers: [],
};

/** The conversations whose numbers a write needs. */
function* namedBy(
  logs: StoreBatch['logs'],
  receipts: readonly ReceiptRow[],
  rewrites: StoreBatch['projections']['rewrites'],
): Generator<string> {
  for (const { conversationId } of logs) yield conversationId;
  for (const { conversationId } of receipts) yield conversationId;
  for (const { conversationId } of rewrites) yield conversationId;
}
