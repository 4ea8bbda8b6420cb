/** Timers in SQLite. */
import type { SqlValue, Storage } from '@clatter/log';
import { TIMER_BUCKET_MS, type TimerRow, type TimerStore } from '../timer-ports.ts';
import type { Row } from './sqlite-rows.ts';

export const SQLITE_TIMERS = `
   CREATE TABLE timers (
     slot INTEGER NOT NULL,
     due_at_ms INTEGER NOT NULL,
     conversation_id TEXT NOT NULL,
     seq INTEGER NOT NULL,
     done INTEGER NOT NULL,
     position INTEGER NOT NULL,
     PRIMARY KEY (due_at_ms, conversation_id, seq)
   ) WITHOUT ROWID;`;

export const WRITE_TIMER = `INSERT INTO timers (slot, due_at_ms, conversation_id, seq, done, position) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET done = excluded.done, position = excluded.position WHERE excluded.position > position`;

export const timerParams = ({ slot, dueAtMs, conversationId, seq, done, position }: TimerRow): SqlValue[] => [
  slot,
  dueAtMs,
  conversationId,
  seq,
  done ? 1 : 0,
  position,
];

const TIMER = 'slot, due_at_ms, conversation_id, seq, done, position FROM timers';

export function sqliteTimers(storage: Storage): TimerStore {
  const buckets = storage.statement(
    `SELECT DISTINCT due_at_ms / ${TIMER_BUCKET_MS} AS bucket, slot FROM timers WHERE due_at_ms < ? ORDER BY bucket, slot`,
  );
  const timers = storage.statement(
    `SELECT ${TIMER} WHERE due_at_ms >= ? AND due_at_ms < ? AND slot = ? AND (due_at_ms, conversation_id, seq) > (?, ?, ?)
     ORDER BY due_at_ms, conversation_id, seq LIMIT ?`,
  );
  const remove = storage.statement(
    'DELETE FROM timers WHERE due_at_ms >= ? AND due_at_ms < ? AND slot = ? AND position <= ?',
  );
  const span = (bucket: number): [number, number] => [bucket * TIMER_BUCKET_MS, (bucket + 1) * TIMER_BUCKET_MS];
  return {
    async readTimerBuckets(slots, untilBucket) {
      const wanted = new Set(slots);
      const rows = await storage.read(buckets, [span(untilBucket)[1]]);
      return rows
        .map(([bucket, slot]) => ({ slot: slot as number, bucket: bucket as number }))
        .filter(({ slot }) => wanted.has(slot));
    },
    async readTimers({ slot, bucket }, after, limit) {
      const { dueAtMs, conversationId, seq } = after ?? { dueAtMs: -1, conversationId: '', seq: 0 };
      const params = [...span(bucket), slot, dueAtMs, conversationId, seq, limit];
      return (await storage.read(timers, params)).map(toTimer);
    },
    removeTimers: ({ slot, bucket }, position) =>
      storage.write([{ statement: remove, params: [...span(bucket), slot, position] }]),
  };
}

const toTimer = ([slot, dueAtMs, conversationId, seq, done, position]: Row): TimerRow =>
  ({ slot, dueAtMs, conversationId, seq, done: done === 1, position }) as TimerRow;
