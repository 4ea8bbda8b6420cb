/** The tables of the SQLite message store, by number; a script that was released is never changed. */
export const SQLITE_TABLES = [
  `-- A conversation gets a number of its own, so that a row's key is one integer: number << 32 | seq.
   CREATE TABLE log_heads (
     number INTEGER PRIMARY KEY,
     conversation_id TEXT NOT NULL UNIQUE,
     latest_bucket INTEGER NOT NULL,
     seq INTEGER NOT NULL,
     message_no INTEGER NOT NULL,
     position INTEGER NOT NULL,
     sent_at_ms INTEGER NOT NULL
   );
   CREATE TABLE conversation_log (
     key INTEGER PRIMARY KEY,
     message_no INTEGER NOT NULL,
     position INTEGER NOT NULL,
     command_id TEXT NOT NULL,
     sender_id TEXT NOT NULL,
     sent_at_ms INTEGER NOT NULL,
     event BLOB NOT NULL,
     event_position INTEGER NOT NULL
   );
   -- Where the commands with a hash are: the rows decide. 64 bits instead of two ids, for every message pays for it.
   CREATE TABLE log_commands (
     number INTEGER NOT NULL,
     hash INTEGER NOT NULL,
     seq INTEGER NOT NULL,
     PRIMARY KEY (number, hash, seq)
   ) WITHOUT ROWID;
   CREATE TABLE conversations (
     conversation_id TEXT PRIMARY KEY,
     kind TEXT NOT NULL,
     title TEXT NOT NULL,
     description TEXT NOT NULL,
     created_at_ms INTEGER NOT NULL,
     member_count INTEGER NOT NULL,
     bumped_at_ms INTEGER NOT NULL,
     position INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE members (
     conversation_id TEXT NOT NULL,
     user_id TEXT NOT NULL,
     role TEXT NOT NULL,
     joined_seq INTEGER NOT NULL,
     removed_seq INTEGER NOT NULL,
     position INTEGER NOT NULL,
     PRIMARY KEY (conversation_id, user_id)
   ) WITHOUT ROWID;
   CREATE TABLE inbox (
     user_id TEXT NOT NULL,
     conversation_id TEXT NOT NULL,
     kind TEXT NOT NULL,
     peer_id TEXT NOT NULL,
     joined_seq INTEGER NOT NULL,
     removed_seq INTEGER NOT NULL,
     changed_at_ms INTEGER NOT NULL,
     position INTEGER NOT NULL,
     stored_at_ms INTEGER NOT NULL,
     PRIMARY KEY (user_id, conversation_id)
   ) WITHOUT ROWID;
   CREATE INDEX inbox_by_change ON inbox (user_id, changed_at_ms DESC, conversation_id DESC);
   CREATE TABLE receipts (
     conversation_id TEXT NOT NULL,
     user_id TEXT NOT NULL,
     delivered_seq INTEGER NOT NULL,
     read_seq INTEGER NOT NULL,
     read_message_no INTEGER NOT NULL,
     updated_at_ms INTEGER NOT NULL,
     PRIMARY KEY (conversation_id, user_id)
   ) WITHOUT ROWID;
   CREATE TABLE partitions (
     partition INTEGER PRIMARY KEY,
     log_id TEXT NOT NULL,
     epoch INTEGER NOT NULL,
     next_offset INTEGER NOT NULL
   );`,
];
