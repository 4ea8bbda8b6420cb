/** Timers on Cassandra: the tables of 007_timers.cql. */
import type { types } from 'cassandra-driver';
import { type TimerPlace, type TimerRow, type TimerStore, timerBucketOf } from '../timer-ports.ts';
import type { Mutation, Statement } from './cassandra-mutations.ts';
import { idOf, msOf } from './cassandra-rows.ts';
import type { CassandraSession } from './cassandra-session.ts';
import { long, uuid } from './cassandra-values.ts';

const WRITES = {
  bucket: 'INSERT INTO timer_buckets (slot, bucket) VALUES (?, ?) USING TIMESTAMP ?',
  timer:
    'INSERT INTO timers (slot, bucket, due_at, conversation_id, seq, done) VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?',
  removeTimers: 'DELETE FROM timers USING TIMESTAMP ? WHERE slot = ? AND bucket = ?',
  removeBucket: 'DELETE FROM timer_buckets USING TIMESTAMP ? WHERE slot = ? AND bucket = ?',
} as const;

const TIMER = 'slot, due_at, conversation_id, seq, done, WRITETIME(done) AS position FROM timers';
const READS = {
  buckets: 'SELECT bucket FROM timer_buckets WHERE slot = ? AND bucket <= ?',
  first: `SELECT ${TIMER} WHERE slot = ? AND bucket = ? LIMIT ?`,
  after: `SELECT ${TIMER} WHERE slot = ? AND bucket = ? AND (due_at, conversation_id, seq) > (?, ?, ?) LIMIT ?`,
} as const;

/** Notes the buckets in which timers are set. */
export function timerBucketMutations(rows: readonly TimerRow[]): Mutation[] {
  const newest = new Map<string, Statement>();
  // Ascending by position: the last statement of a bucket has its newest.
  for (const { slot, dueAtMs, done, position } of [...rows].sort((a, b) => a.position - b.position)) {
    if (done) continue;
    const bucket = timerBucketOf(dueAtMs);
    newest.set(`${slot}/${bucket}`, { query: WRITES.bucket, params: [slot, bucket, long(position)] });
  }
  return [...newest.values()].map((statement) => [statement]);
}

export const timerStatements = ({ slot, dueAtMs, conversationId, seq, done, position }: TimerRow): Statement[] => [
  {
    query: WRITES.timer,
    params: [slot, timerBucketOf(dueAtMs), long(dueAtMs), uuid(conversationId), long(seq), done, long(position)],
  },
];

export function cassandraTimers(session: CassandraSession): TimerStore {
  return {
    async readTimerBuckets(slots, untilBucket) {
      const found = await Promise.all(
        slots.map(async (slot) => {
          const rows = await session.read(READS.buckets, [slot, untilBucket]);
          return rows.map((row) => ({ slot, bucket: row.bucket as number }));
        }),
      );
      return found.flat().sort((a, b) => a.bucket - b.bucket || a.slot - b.slot);
    },
    async readTimers({ slot, bucket }, after, limit) {
      const rows = await (after
        ? session.read(READS.after, [slot, bucket, ...placeParams(after), limit])
        : session.read(READS.first, [slot, bucket, limit]));
      return rows.map(toTimer);
    },
    async removeTimers({ slot, bucket }, position) {
      const params = [long(position), slot, bucket];
      await session.write([{ query: WRITES.removeTimers, params }]);
      // Last: where it fails, the bucket is found and removed again.
      await session.write([{ query: WRITES.removeBucket, params }]);
    },
  };
}

const placeParams = ({ dueAtMs, conversationId, seq }: TimerPlace): unknown[] => [
  long(dueAtMs),
  uuid(conversationId),
  long(seq),
];

const toTimer = (row: types.Row): TimerRow => ({
  slot: row.slot,
  dueAtMs: msOf(row.due_at),
  conversationId: idOf(row.conversation_id),
  seq: row.seq.toNumber(),
  done: row.done ?? false,
  position: row.position.toNumber(),
});
