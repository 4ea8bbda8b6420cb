import { SQLITE_TIMERS } from './sqlite-timers.ts';

/** The tables of the SQLite message store, by number; a script that was released is never changed. */
export const SQLITE_TABLES = [
  `-- A conversation gets a number of its own, so that an entry's key is one integer: number << 32 | seq.
   CREATE TABLE log_conversations (
     number INTEGER PRIMARY KEY,
     conversation_id TEXT NOT NULL UNIQUE,
     latest_bucket INTEGER NOT NULL
   );
   -- In order of arrival: what a group writes lies on the last pages.
   CREATE TABLE conversation_log (
     id INTEGER PRIMARY KEY,
     number INTEGER NOT NULL,
     seq INTEGER NOT NULL,
     -- Of sender and command id, 32 bits; the row decides.
     hash INTEGER NOT NULL,
     message_no INTEGER NOT NULL,
     position INTEGER NOT NULL,
     command_id TEXT NOT NULL,
     sender_id TEXT NOT NULL,
     sent_at_ms INTEGER NOT NULL,
     event BLOB NOT NULL,
     event_position INTEGER NOT NULL
   );
   -- Where a conversation's rows are. Its entries follow a thousand rows at a time: one by one, each would write a page of its own.
   CREATE TABLE log_index (
     key INTEGER PRIMARY KEY,
     hash INTEGER NOT NULL,
     row INTEGER NOT NULL
   );
   -- Rows above this id may have no entry yet.
   CREATE TABLE log_indexed (until INTEGER NOT NULL);
   INSERT INTO log_indexed VALUES (0);
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
     number INTEGER NOT NULL,
     user_id TEXT NOT NULL,
     delivered_seq INTEGER NOT NULL,
     read_seq INTEGER NOT NULL,
     read_message_no INTEGER NOT NULL,
     updated_at_ms INTEGER NOT NULL,
     PRIMARY KEY (number, user_id)
   ) WITHOUT ROWID;
   CREATE TABLE partitions (
     partition INTEGER PRIMARY KEY,
     log_id TEXT NOT NULL,
     epoch INTEGER NOT NULL,
     next_offset INTEGER NOT NULL
   );`,
  `-- What groups need. In rows from before: no details are the defaults, no visible_from_seq is joined_seq.
   ALTER TABLE conversations ADD COLUMN details BLOB NOT NULL DEFAULT x'';
   ALTER TABLE members ADD COLUMN visible_from_seq INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE members ADD COLUMN banned INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE inbox ADD COLUMN visible_from_seq INTEGER NOT NULL DEFAULT 0;`,
  SQLITE_TIMERS,
  `-- A person's channels are asked for at each connect, of a large inbox too.
   CREATE INDEX inbox_channels ON inbox (user_id, conversation_id) WHERE kind = 'channel';`,
  `-- An encoded StoredMember; in rows from before: nobody was mentioned.
   ALTER TABLE members ADD COLUMN details BLOB NOT NULL DEFAULT x'';`,
  `-- What people's own logs say of conversations, each cell with the position of its command. Beside the inbox, which other logs write.
   CREATE TABLE own_conversations (
     user_id TEXT NOT NULL,
     conversation_id TEXT NOT NULL,
     flags BLOB NOT NULL,
     position INTEGER NOT NULL,
     draft BLOB NOT NULL DEFAULT x'',
     draft_position INTEGER NOT NULL DEFAULT -1,
     deleted BLOB NOT NULL DEFAULT x'',
     deleted_position INTEGER NOT NULL DEFAULT -1,
     PRIMARY KEY (user_id, conversation_id)
   ) WITHOUT ROWID;`,
  `-- When an event of a channel was last stored late, by its owner's clock; a maximum.
   ALTER TABLE conversations ADD COLUMN late_at_ms INTEGER NOT NULL DEFAULT 0;`,
];
