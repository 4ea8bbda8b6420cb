/**
 * Conversations' logs in SQLite. Rows lie in order of arrival, so that a group of writes touches the last pages alone; the index follows
 * in bulk, and until then rows are read from memory (recent-rows.ts). After a crash, the rows that the index does not have are read back.
 *
 * Rows of a seq above all that a conversation has are appended; others are looked up in the index, and the last writer wins. That relies on
 * one writer of the file, and on writes that are prepared one after the other.
 */
import type { AddOp, Statement, Storage } from '@clatter/log';
import { LRUCache } from 'lru-cache';
import { idHash } from '../id-window.ts';
import type { Head, LogMutation, LogRow, Rewrite } from '../ports.ts';
import { merged, type RecentRow, RecentRows, rewrittenRow } from './recent-rows.ts';
import { type Row, toHead, toLogRow } from './sqlite-rows.ts';
import { TailRows } from './tail-rows.ts';

/** Rows that the index does not have yet; past either bound the next write indexes them. */
export const RECENT_ROWS_MAX = 1000;
const RECENT_BYTES_MAX = 16 << 20;
const CONVERSATIONS_CACHED_MAX = 50_000;
/** Seqs beyond 32 bits are not in a key. */
const SEQ_MAX = 2 ** 32 - 1;

const NUMBER = '(SELECT number FROM log_conversations WHERE conversation_id = ?1)';
const COLUMNS = 'r.seq, r.message_no, r.position, r.command_id, r.sender_id, r.sent_at_ms, r.event, r.event_position';
const INDEXED = 'FROM log_index i CROSS JOIN conversation_log r ON r.id = i.row';
const BETWEEN = `i.key BETWEEN ${NUMBER} << 32 | ?2 AND ${NUMBER} << 32 | ?3`;
const BY_KEY = 'id = (SELECT row FROM log_index WHERE key = ?1 << 32 | ?2)';
const AGAIN = `hash = iif(?5 > position, ?3, hash), message_no = iif(?5 > position, ?4, message_no), command_id = iif(?5 > position, ?6, command_id),
  sender_id = iif(?5 > position, ?7, sender_id), sent_at_ms = iif(?5 > position, ?8, sent_at_ms), position = max(?5, position),
  event = iif(?10 > event_position, ?9, event), event_position = max(?10, event_position)`;

const WRITES = {
  begin: 'INSERT INTO log_conversations VALUES (?, ?, ?)',
  raise: 'UPDATE log_conversations SET latest_bucket = max(latest_bucket, ?2) WHERE number = ?1',
  row: 'INSERT INTO conversation_log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  again: `UPDATE conversation_log SET ${AGAIN} WHERE ${BY_KEY}`,
  missing: `INSERT INTO conversation_log SELECT ?11, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
    WHERE NOT EXISTS (SELECT 1 FROM log_index WHERE key = ?1 << 32 | ?2)`,
  entry: `INSERT INTO log_index VALUES (?1 << 32 | ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET hash = (SELECT hash FROM conversation_log WHERE id = log_index.row)`,
  indexed: 'UPDATE log_indexed SET until = max(until, ?)',
  recentAgain: `UPDATE conversation_log SET ${AGAIN} WHERE id = ?11 AND number = ?1 AND seq = ?2`,
  rewrite: `UPDATE conversation_log SET event = ?3, event_position = ?4 WHERE ${BY_KEY} AND event_position < ?4`,
  recentRewrite: 'UPDATE conversation_log SET event = ?2, event_position = ?3 WHERE id = ?1 AND event_position < ?3',
};

const READS = {
  conversation: `SELECT number, latest_bucket, (SELECT key & 4294967295 FROM log_index
      WHERE key BETWEEN number << 32 AND number << 32 | 4294967295 ORDER BY key DESC LIMIT 1)
    FROM log_conversations WHERE conversation_id = ?1`,
  tail: `SELECT ${COLUMNS} ${INDEXED} WHERE ${BETWEEN} ORDER BY i.key DESC LIMIT ?4`,
  rows: `SELECT ${COLUMNS} ${INDEXED} WHERE ${BETWEEN} ORDER BY i.key LIMIT ?4`,
  command: `SELECT ${COLUMNS} ${INDEXED} WHERE ${BETWEEN} AND i.hash = ?4`,
  head: `SELECT r.seq, r.message_no, r.position, r.sent_at_ms ${INDEXED} WHERE ${BETWEEN} ORDER BY i.key DESC LIMIT 1`,
  ends: 'SELECT (SELECT max(id) FROM conversation_log), (SELECT max(number) FROM log_conversations)',
  recent: `SELECT r.id, c.conversation_id, r.number, ${COLUMNS} FROM conversation_log r JOIN log_conversations c USING (number)
    WHERE r.id > (SELECT until FROM log_indexed) AND NOT EXISTS (SELECT 1 FROM log_index WHERE key = r.number << 32 | r.seq)
    ORDER BY r.id`,
};

/** A conversation as its next write finds it. */
interface Known {
  readonly number: number;
  latestBucket: number;
  /** Its highest seq. */
  seqMax: number;
}

const hashOf = (senderId: string, commandId: string): number => idHash(senderId, commandId).low | 0;

/** What one write adds to its group, and what it changes here once that is on disk. */
export class LogWrite {
  readonly #log: SqliteLog;
  readonly #add: AddOp;
  readonly #known = new Map<string, Known>();
  readonly #added: RecentRow[] = [];
  readonly #changed = new Map<RecentRow, LogRow>();
  /** Conversations of which it changes rows. */
  readonly #touched = new Set<string>();
  #indexes = false;

  constructor(log: SqliteLog, add: AddOp) {
    this.#log = log;
    this.#add = add;
  }

  /** A conversation's number; given where it has none yet. All that are named here must have been looked up before. */
  number(conversationId: string): number {
    return this.#of(conversationId).number;
  }

  mutate({ conversationId, bucket, raisesBucket, rows, rewrites }: LogMutation): void {
    this.#touched.add(conversationId);
    const known = this.#of(conversationId);
    if (raisesBucket && bucket > known.latestBucket) {
      known.latestBucket = bucket;
      this.#add(this.#log.write.raise, [known.number, bucket]);
    }
    for (const row of rows) this.#row(conversationId, known, row);
    for (const rewrite of rewrites) this.rewrite(conversationId, rewrite);
  }

  rewrite(conversationId: string, rewrite: Rewrite): void {
    const { write } = this.#log;
    const { seq, event, eventPosition } = rewrite;
    this.#touched.add(conversationId);
    const recent = this.#recent(conversationId, seq);
    if (!recent) return this.#add(write.rewrite, [this.number(conversationId), seq, event, eventPosition]);
    this.#add(write.recentRewrite, [recent.id, event, eventPosition]);
    this.#changed.set(recent, rewrittenRow(this.#changed.get(recent) ?? recent.row, rewrite));
  }

  /** Gives entries to the rows that were there before this write, where it is time. */
  index(): void {
    const { write, recent, recentRowsMax } = this.#log;
    if (recent.count < recentRowsMax && recent.bytes < RECENT_BYTES_MAX) return;
    let until = 0;
    for (const item of recent.sorted()) {
      const { id, number } = item;
      const { seq, senderId, commandId } = this.#changed.get(item) ?? item.row;
      this.#add(write.entry, [number, seq, hashOf(senderId, commandId), id]);
      until = Math.max(until, id);
    }
    this.#add(write.indexed, [until]);
    this.#indexes = true;
  }

  /** It is on disk. */
  stands(): void {
    const { recent, conversations } = this.#log;
    for (const [item, row] of this.#changed) item.row = row;
    if (this.#indexes) recent.clear();
    for (const item of this.#added) recent.add(item);
    for (const [id, known] of this.#known) conversations.set(id, known);
    for (const id of this.#touched) this.#log.tails.forget(id);
  }

  #row(conversationId: string, known: Known, row: LogRow): void {
    const { write } = this.#log;
    const { number } = known;
    const { seq, messageNo, position, commandId, senderId, sentAtMs, event, eventPosition } = row;
    const hash = hashOf(senderId, commandId);
    const cells = [hash, messageNo, position, commandId, senderId, sentAtMs, event, eventPosition];
    if (seq > known.seqMax) {
      const id = this.#log.nextRow++;
      known.seqMax = seq;
      this.#add(write.row, [id, number, seq, ...cells]);
      this.#added.push({ id, conversationId, number, row });
      return;
    }
    const recent = this.#recent(conversationId, seq);
    if (recent) {
      this.#add(write.recentAgain, [number, seq, ...cells, recent.id]);
      this.#changed.set(recent, merged(this.#changed.get(recent) ?? recent.row, row));
      return;
    }
    const id = this.#log.nextRow++;
    this.#add(write.again, [number, seq, ...cells]);
    this.#add(write.missing, [number, seq, ...cells, id]);
    this.#add(write.entry, [number, seq, hash, id]);
  }

  #recent(conversationId: string, seq: number): RecentRow | undefined {
    return (
      this.#log.recent.find(conversationId, seq) ??
      this.#added.findLast((item) => item.row.seq === seq && item.conversationId === conversationId)
    );
  }

  #of(conversationId: string): Known {
    let known = this.#known.get(conversationId);
    if (known) return known;
    const before = this.#log.conversations.get(conversationId);
    if (before) known = { ...before };
    else {
      known = { number: this.#log.nextNumber++, latestBucket: -1, seqMax: 0 };
      this.#add(this.#log.write.begin, [known.number, conversationId, -1]);
    }
    this.#known.set(conversationId, known);
    return known;
  }
}

type Prepared<T> = { readonly [K in keyof T]: Statement };

const prepare = <T extends Record<string, string>>(storage: Storage, sqls: T): Prepared<T> =>
  Object.fromEntries(Object.entries(sqls).map(([name, sql]) => [name, storage.statement(sql)])) as Prepared<T>;

export class SqliteLog {
  readonly recent = new RecentRows();
  readonly tails = new TailRows();
  readonly conversations = new LRUCache<string, Known>({ max: CONVERSATIONS_CACHED_MAX });
  readonly write: Prepared<typeof WRITES>;
  readonly recentRowsMax: number;
  nextRow = 1;
  nextNumber = 1;
  readonly #storage: Storage;
  readonly #read: Prepared<typeof READS>;

  private constructor(storage: Storage, recentRowsMax: number) {
    this.#storage = storage;
    this.recentRowsMax = recentRowsMax;
    this.write = prepare(storage, WRITES);
    this.#read = prepare(storage, READS);
  }

  static async open(storage: Storage, recentRowsMax: number): Promise<SqliteLog> {
    const log = new SqliteLog(storage, recentRowsMax);
    const [ends, recent] = await Promise.all([storage.read(log.#read.ends, []), storage.read(log.#read.recent, [])]);
    const [row, number] = ends[0] as [number | null, number | null];
    log.nextRow = (row ?? 0) + 1;
    log.nextNumber = (number ?? 0) + 1;
    for (const [id, conversationId, of, ...cells] of recent as [number, string, number, ...Row][])
      log.recent.add({ id, conversationId, number: of, row: toLogRow(cells) });
    return log;
  }

  /** Looks up what a write is going to name and is not known; a promise only where there is any. */
  lookUp(conversationIds: Iterable<string>): Promise<unknown> | undefined {
    const missing: string[] = [];
    for (const id of conversationIds) if (!this.conversations.has(id)) missing.push(id);
    return missing.length > 0 ? Promise.all([...new Set(missing)].map((id) => this.#lookUp(id))) : undefined;
  }

  async #lookUp(id: string): Promise<void> {
    const [row] = await this.#storage.read(this.#read.conversation, [id]);
    if (!row) return;
    const [number, latestBucket, seq] = row as [number, number, number | null];
    this.conversations.set(id, { number, latestBucket, seqMax: Math.max(seq ?? 0, this.recent.last(id)?.seq ?? 0) });
  }

  async latestBucket(id: string): Promise<number> {
    const known = this.conversations.get(id);
    if (known) return known.latestBucket;
    const [row] = await this.#storage.read(this.#read.conversation, [id]);
    return row ? (row[1] as number) : -1;
  }

  /** Ascending; at most `limit` from the lower end, or from the upper. The same rows may be given again: nobody changes the list. */
  async rows(id: string, fromSeq: number, toSeq: number, limit: number, fromEnd: boolean): Promise<readonly LogRow[]> {
    const to = Math.min(toSeq, SEQ_MAX);
    if (fromSeq > to) return [];
    const isNewest = fromEnd && to >= (this.conversations.get(id)?.seqMax ?? SEQ_MAX);
    const kept = isNewest ? this.tails.newest(id, fromSeq, limit) : undefined;
    if (kept) return kept;
    const reading = isNewest ? this.tails.begin(id, limit) : undefined;
    // Before the read: what gets its entry meanwhile is in both, and nothing in neither.
    const recent = this.recent.between(id, fromSeq, to);
    const { tail, rows } = this.#read;
    const stored = (await this.#storage.read(fromEnd ? tail : rows, [id, fromSeq, to, limit])).map(toLogRow);
    const all = union(fromEnd ? stored.reverse() : stored, recent);
    const page = fromEnd ? all.slice(-limit) : all.slice(0, limit);
    this.tails.end(id, reading, fromSeq, limit, page);
    return page;
  }

  /** A row with this sender and id of lowest position. */
  async find(id: string, senderId: string, commandId: string, fromSeq: number): Promise<LogRow | undefined> {
    const recent = this.recent.between(id, fromSeq, SEQ_MAX);
    const params = [id, fromSeq, SEQ_MAX, hashOf(senderId, commandId)];
    const stored = (await this.#storage.read(this.#read.command, params)).map(toLogRow);
    return union(stored, recent)
      .filter((row) => row.senderId === senderId && row.commandId === commandId)
      .sort((a, b) => a.position - b.position)[0];
  }

  async head(id: string): Promise<Head | undefined> {
    const recent = this.recent.last(id);
    if (recent) {
      const { seq, messageNo, position, sentAtMs } = recent;
      return { seq, messageNo, position, sentAtMs };
    }
    const [row] = await this.#storage.read(this.#read.head, [id, 0, SEQ_MAX]);
    return row && toHead(row);
  }
}

/** Both ascending; a row that is in both is as it was stored. */
function union(stored: readonly LogRow[], recent: readonly LogRow[]): LogRow[] {
  if (recent.length === 0) return [...stored];
  const seqs = new Set(stored.map(({ seq }) => seq));
  return [...stored, ...recent.filter(({ seq }) => !seqs.has(seq))].sort((a, b) => a.seq - b.seq);
}
