/**
 * The index of what is due at a time: rows of the log by the moment at which their owner has to look at them. A part of the MessageStore port.
 *
 * A timer follows from the event that sets it, at that event's position, and is done by a later one. Like everything of the port it is
 * last-writer-wins by position, so a replay sets no timer again that is done.
 */
import { partitionOf } from '@clatter/runtime';

/** Timers lie by slot and time, so that an owner of a partition of the log finds its own, and no partition of the store grows without bound. */
export const TIMER_SLOTS = 256;
export const TIMER_BUCKET_MS = 5 * 60_000;

export const timerBucketOf = (dueAtMs: number): number => Math.floor(dueAtMs / TIMER_BUCKET_MS);

export const timerSlotOf = (conversationId: string, slots = TIMER_SLOTS): number => partitionOf(conversationId, slots);

/** The slots that may have timers of the conversations in one partition of the log. */
export function slotsOf(partition: number, partitions: number, slots = TIMER_SLOTS): number[] {
  if (slots === 0) return [];
  if (partitions % slots === 0) return [partition % slots];
  const all = Array.from({ length: slots }, (_, slot) => slot);
  return slots % partitions === 0 ? all.filter((slot) => slot % partitions === partition) : all;
}

/** Where a timer is in the order of its bucket. */
export interface TimerPlace {
  readonly dueAtMs: number;
  readonly conversationId: string;
  /** Of the row to be looked at. */
  readonly seq: number;
}

export interface TimerRow extends TimerPlace {
  readonly slot: number;
  /** Whether nobody has to look any more. */
  readonly done: boolean;
  /** Of the command that set it, or that it was done by. */
  readonly position: number;
}

export interface TimerBucket {
  readonly slot: number;
  readonly bucket: number;
}

export interface TimerStore {
  /** The buckets of these slots up to `untilBucket` that have timers, done or not, ascending by bucket. */
  readTimerBuckets(slots: readonly number[], untilBucket: number): Promise<readonly TimerBucket[]>;
  /** Timers of a bucket by (dueAtMs, conversationId, seq), strictly after `after` where given, at most `limit`. */
  readTimers(of: TimerBucket, after: TimerPlace | undefined, limit: number): Promise<readonly TimerRow[]>;
  /** Forgets a bucket, as far as it was written at or below `position`. */
  removeTimers(of: TimerBucket, position: number): Promise<void>;
}
