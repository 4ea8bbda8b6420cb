/**
 * The statements of the Cassandra message store, prepared once. Each write names its timestamp: one without would beat every position up
 * to epoch 6. What an upsert overwrites it always overwrites whole, and never with a null, which is a deletion.
 */

const ROW = `seq, message_no, WRITETIME(command_id) AS position, command_id, sender_id, sent_at, event, WRITETIME(event) AS event_position`;
const IN_BUCKET = 'FROM conversation_log WHERE conversation_id = ? AND bucket = ?';
const CONVERSATION =
  'conversation_id, kind, title, description, created_at, member_count, bumped_at, details, WRITETIME(kind) AS position';
const MEMBER =
  'user_id, role, joined_seq, visible_from_seq, removed_seq, banned, details, leaving_seq, WRITETIME(role) AS position';
const INBOX =
  'user_id, conversation_id, kind, peer_id, joined_seq, visible_from_seq, removed_seq, changed_at, WRITETIME(kind) AS position, stored_at, flags';
const OWN_FLAGS =
  'conversation_id, flags, WRITETIME(flags) AS position, deleted, WRITETIME(deleted) AS deleted_position';
const RECEIPT = 'conversation_id, user_id, delivered_seq, read_seq, read_message_no, updated_at';

export const WRITES = {
  raise: 'UPDATE conversations USING TIMESTAMP ? SET latest_bucket = ? WHERE conversation_id = ?',
  row: `INSERT INTO conversation_log (conversation_id, bucket, seq, message_no, command_id, sender_id, sent_at, event)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
  /** The last row of a mutation and the head that it makes: the same position. */
  rowAndHead: `INSERT INTO conversation_log (conversation_id, bucket, seq, message_no, command_id, sender_id, sent_at, event,
    head_seq, head_message_no, head_sent_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
  /** A row whose event has a later version: that one is written by `rewrite`. */
  rowCreation: `INSERT INTO conversation_log (conversation_id, bucket, seq, message_no, command_id, sender_id, sent_at)
    VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
  head: `UPDATE conversation_log USING TIMESTAMP ? SET head_seq = ?, head_message_no = ?, head_sent_at = ?
    WHERE conversation_id = ? AND bucket = ?`,
  rewrite: `UPDATE conversation_log USING TIMESTAMP ? SET event = ? WHERE conversation_id = ? AND bucket = ? AND seq = ?`,
  conversation: `INSERT INTO conversations (conversation_id, kind, title, description, created_at, member_count, bumped_at,
    details) VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
  member: `INSERT INTO members (conversation_id, user_id, role, joined_seq, visible_from_seq, removed_seq, banned,
    details) VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
  leaving: 'UPDATE members USING TIMESTAMP ? SET leaving_seq = ? WHERE conversation_id = ? AND user_id = ?',
  inbox: `INSERT INTO inbox (user_id, conversation_id, kind, peer_id, joined_seq, visible_from_seq, removed_seq,
    changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
  inboxStored: 'UPDATE inbox USING TIMESTAMP ? SET stored_at = ? WHERE user_id = ? AND conversation_id = ?',
  ownFlags: 'UPDATE inbox USING TIMESTAMP ? SET flags = ? WHERE user_id = ? AND conversation_id = ?',
  ownDraft: 'UPDATE inbox USING TIMESTAMP ? SET draft = ? WHERE user_id = ? AND conversation_id = ?',
  ownDeleted: 'UPDATE inbox USING TIMESTAMP ? SET deleted = ? WHERE user_id = ? AND conversation_id = ?',
  delivered: 'UPDATE receipts USING TIMESTAMP ? SET delivered_seq = ? WHERE conversation_id = ? AND user_id = ?',
  read: `UPDATE receipts USING TIMESTAMP ? SET read_seq = ?, read_message_no = ? WHERE conversation_id = ? AND user_id = ?`,
  /** Delivered and read are the same seq, as an own message leaves them. */
  deliveredAndRead: `UPDATE receipts USING TIMESTAMP ? SET delivered_seq = ?, read_seq = ?, read_message_no = ?
    WHERE conversation_id = ? AND user_id = ?`,
  receiptUpdated: 'UPDATE receipts USING TIMESTAMP ? SET updated_at = ? WHERE conversation_id = ? AND user_id = ?',
  late: 'UPDATE conversations USING TIMESTAMP ? SET late_at = ? WHERE conversation_id = ?',
  channelLeaving:
    'UPDATE channel_members USING TIMESTAMP ? SET leaving_seq = ? WHERE conversation_id = ? AND bucket = ? AND user_id = ?',
  channelMember: `INSERT INTO channel_members (conversation_id, bucket, user_id, role, joined_seq, visible_from_seq, removed_seq, banned,
    details)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
  channelDelivered:
    'UPDATE channel_receipts USING TIMESTAMP ? SET delivered_seq = ? WHERE conversation_id = ? AND bucket = ? AND user_id = ?',
  channelRead: `UPDATE channel_receipts USING TIMESTAMP ? SET read_seq = ?, read_message_no = ?
    WHERE conversation_id = ? AND bucket = ? AND user_id = ?`,
  channelReceiptUpdated:
    'UPDATE channel_receipts USING TIMESTAMP ? SET updated_at = ? WHERE conversation_id = ? AND bucket = ? AND user_id = ?',
  channelOf: `INSERT INTO channels_of (user_id, conversation_id, kind, peer_id, joined_seq, visible_from_seq, removed_seq,
    changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
  channelOfStored: 'UPDATE channels_of USING TIMESTAMP ? SET stored_at = ? WHERE user_id = ? AND conversation_id = ?',
  mark: `INSERT INTO partition_marks (mark_group, partition, log_id, epoch, next_offset) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?`,
} as const;

export const READS = {
  latestBucket: 'SELECT latest_bucket FROM conversations WHERE conversation_id = ?',
  tail: `SELECT ${ROW} ${IN_BUCKET} ORDER BY seq DESC LIMIT ?`,
  row: `SELECT ${ROW} ${IN_BUCKET} AND seq = ?`,
  rowsUp: `SELECT ${ROW} ${IN_BUCKET} AND seq >= ? AND seq <= ? ORDER BY seq ASC LIMIT ?`,
  rowsDown: `SELECT ${ROW} ${IN_BUCKET} AND seq >= ? AND seq <= ? ORDER BY seq DESC LIMIT ?`,
  command: `SELECT ${ROW} ${IN_BUCKET} AND command_id = ?`,
  head: `SELECT DISTINCT conversation_id, bucket, head_seq, head_message_no, head_sent_at, WRITETIME(head_seq) AS position ${IN_BUCKET}`,
  conversation: `SELECT ${CONVERSATION} FROM conversations WHERE conversation_id = ?`,
  members: `SELECT ${MEMBER} FROM members WHERE conversation_id = ? AND user_id > ? LIMIT ?`,
  membersFirst: `SELECT ${MEMBER} FROM members WHERE conversation_id = ? LIMIT ?`,
  member: `SELECT ${MEMBER} FROM members WHERE conversation_id = ? AND user_id = ?`,
  inboxFirst: `SELECT ${INBOX} FROM inbox WHERE user_id = ? LIMIT ?`,
  inboxPlaces: 'SELECT conversation_id, changed_at FROM inbox WHERE user_id = ?',
  inboxOf: `SELECT ${INBOX} FROM inbox WHERE user_id = ? AND conversation_id IN ?`,
  /** Filters one partition, of which no index would be worth its writes. */
  inboxStored: `SELECT ${INBOX} FROM inbox WHERE user_id = ? AND stored_at >= ? ALLOW FILTERING`,
  inboxRow: `SELECT ${INBOX} FROM inbox WHERE user_id = ? AND conversation_id = ?`,
  ownFlags: `SELECT ${OWN_FLAGS} FROM inbox WHERE user_id = ?`,
  own: 'SELECT draft, deleted FROM inbox WHERE user_id = ? AND conversation_id = ?',
  receipt: `SELECT ${RECEIPT} FROM receipts WHERE conversation_id = ? AND user_id = ?`,
  receipts: `SELECT ${RECEIPT} FROM receipts WHERE conversation_id = ? LIMIT ?`,
  memberReceipts: `SELECT ${RECEIPT} FROM receipts WHERE conversation_id = ? AND user_id IN ?`,
  channelMembers: `SELECT ${MEMBER} FROM channel_members WHERE conversation_id = ? AND bucket = ? AND user_id > ? LIMIT ?`,
  channelMembersFirst: `SELECT ${MEMBER} FROM channel_members WHERE conversation_id = ? AND bucket = ? LIMIT ?`,
  channelMembersOf: `SELECT ${MEMBER} FROM channel_members WHERE conversation_id = ? AND bucket = ? AND user_id IN ?`,
  channelReceipt: `SELECT ${RECEIPT} FROM channel_receipts WHERE conversation_id = ? AND bucket = ? AND user_id = ?`,
  late: 'SELECT late_at FROM conversations WHERE conversation_id = ?',
  channelsOf: 'SELECT conversation_id FROM channels_of WHERE user_id = ?',
  kind: 'SELECT kind FROM conversations WHERE conversation_id = ?',
  mark: 'SELECT log_id, epoch, next_offset FROM partition_marks WHERE mark_group = ? AND partition = ?',
} as const;
