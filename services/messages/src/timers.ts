/**
 * Sees to what is due, for the owner of one partition: looks at the rows whose time is up and appends a command to the log, which decides
 * (expiry.ts). So an owner that was overtaken, or whose clock is off, does no harm: what it appends is refused or a repeat.
 *
 * The store has every timer, by slot and five minutes; memory has those of the next hour, up to a bound, and learns of new ones from the
 * batches that the projector stored. An idle partition costs one small read an hour.
 */
import { Command, StoredEvent } from '@clatter/contracts/messages';
import { type Producer, recordHeaders, topics } from '@clatter/log';
import { backoff, type Clock, type Counter, followingCommandId, type Logger, partitionOf } from '@clatter/runtime';
import type { Event, Input, ScheduledMessage } from '@clatter/wire';
import { NOBODY_ID } from './decision.ts';
import { EXPIRE_SEQS_MAX, isExpired } from './expiry.ts';
import type { MessageStore, Projections } from './ports.ts';
import { scheduledDueMs, stepOf } from './schedule.ts';
import {
  slotsOf,
  TIMER_BUCKET_MS,
  type TimerBucket,
  type TimerPlace,
  type TimerRow,
  timerBucketOf,
  timerSlotOf,
} from './timer-ports.ts';

/** How far ahead timers are read, and how long before that time is over they are read again. */
const AHEAD_MS = 60 * 60_000;
const AHEAD_AGAIN_MS = 10 * 60_000;
/** Shortest time between two reads: where more is due than memory takes. */
const READ_AGAIN_MS = 1000;
/** Timers in memory; what is due later is read when its time comes. */
const HELD_MAX = 20_000;
/** Timers of one read. */
const PAGE = 1000;
/** Timers that are seen to at a time, and conversations among them at once. */
const DUE_MAX = 1024;
const CONVERSATIONS_AT_ONCE = 16;
/** How long what is due waits for more: one event erases what disappears within this time. Readers hide it at once. */
const GATHER_MS = 1000;
/** What was appended and did not come back is looked at again: the command was lost, or too early by the log's time. */
const AGAIN_MS = 5000;
/** A bucket whose timers are all done is removed when its end is this long ago. */
const OVER_MS = 60 * 60_000;
const RETRY = { baseMs: 200, maxMs: 10_000 };

export interface TimersParts {
  readonly store: MessageStore;
  readonly producer: Producer;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly partition: number;
  /** Of the log of commands. */
  readonly partitions: number;
  readonly timerSlots: number | undefined;
  readonly signal: AbortSignal;
  readonly counters: { readonly due: Counter; readonly failures: Counter };
}

interface Held extends TimerPlace {
  /** When it is looked at: when it is due, or somewhat after the last time. */
  atMs: number;
}

const keyOf = ({ conversationId, seq }: TimerPlace): string => `${conversationId}/${seq}`;
const NO_PROJECTIONS = { conversations: [], members: [], inbox: [], receipts: [], rewrites: [] };

export class Timers {
  readonly #parts: TimersParts;
  readonly #slots: readonly number[];
  readonly #held = new Map<string, Held>();
  /** All timers that are due before this time are in memory. */
  #knownUntilMs = 0;
  #readAgainMs = 0;
  /** What a read that is under way will have made known. */
  #readingUntilMs = 0;
  #wake: (() => void) | undefined;
  readonly #stopping = new AbortController();
  /** Resolves when nothing goes on any more: it was stopped, or its partition was taken away. */
  readonly stopped: Promise<void>;

  constructor(parts: TimersParts) {
    this.#parts = parts;
    this.#slots = slotsOf(parts.partition, parts.partitions, parts.timerSlots);
    const { signal } = parts;
    signal.addEventListener('abort', () => this.#stopping.abort(), { once: true });
    if (signal.aborted) this.#stopping.abort();
    this.stopped = this.#run();
  }

  get held(): number {
    return this.#held.size;
  }

  /** For how long the oldest has been due. */
  get lagMs(): number {
    let dueAtMs = Number.POSITIVE_INFINITY;
    for (const timer of this.#held.values()) dueAtMs = Math.min(dueAtMs, timer.dueAtMs);
    return Math.max(0, this.#parts.clock.nowMs() - dueAtMs);
  }

  /** What a batch left in the store. */
  add(rows: readonly TimerRow[]): void {
    if (rows.length === 0) return;
    const untilMs = Math.max(this.#knownUntilMs, this.#readingUntilMs);
    for (const row of rows) {
      if (row.done) this.#held.delete(keyOf(row));
      else if (row.dueAtMs < untilMs) this.#hold(row);
    }
    this.#shed();
    this.#wake?.();
  }

  /** Something became of what is looked at: it is looked at again at once. */
  lookAgain(conversationId: string, seqs: readonly number[]): void {
    for (const seq of seqs) {
      const held = this.#held.get(keyOf({ conversationId, seq, dueAtMs: 0 }));
      if (held) held.atMs = 0;
    }
    if (seqs.length > 0) this.#wake?.();
  }

  /** Resolves when nothing goes on any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.stopped;
  }

  #hold({ dueAtMs, conversationId, seq }: TimerPlace): void {
    const held = { dueAtMs, conversationId, seq, atMs: dueAtMs };
    if (!this.#held.has(keyOf(held))) this.#held.set(keyOf(held), held);
  }

  /** Past the bound those that are due last are let go, and known only to the store. */
  #shed(): void {
    if (this.#held.size <= 2 * HELD_MAX) return;
    const all = [...this.#held.values()].sort((a, b) => a.dueAtMs - b.dueAtMs);
    this.#knownUntilMs = (all[HELD_MAX] as Held).dueAtMs;
    for (const timer of all) if (timer.dueAtMs >= this.#knownUntilMs) this.#held.delete(keyOf(timer));
    this.#readLater();
  }

  #readLater(): void {
    this.#readAgainMs = Math.max(this.#parts.clock.nowMs() + READ_AGAIN_MS, this.#knownUntilMs - AHEAD_AGAIN_MS);
  }

  async #run(): Promise<void> {
    const { clock, logger, partition, random, counters } = this.#parts;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const nowMs = clock.nowMs();
        if (this.#readAgainMs <= nowMs) await this.#read(nowMs);
        const due = this.#due(clock.nowMs());
        if (due.length > 0) await this.#seeTo(due);
        else await this.#sleep(Math.min(this.#readAgainMs, this.#firstMs() + GATHER_MS) - clock.nowMs());
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        counters.failures.add(1);
        if (failures === 0) logger.error({ err: error, partition }, 'what is due cannot be seen to; it is tried again');
        await this.#sleep(backoff(failures++, RETRY, random));
      }
    }
  }

  /** Until the time comes, or something new may be due before. */
  #sleep(delayMs: number): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#stopping;
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      const cancel = clock.timer(Math.max(0, delayMs), done);
      signal.addEventListener('abort', done, { once: true });
      this.#wake = done;
      if (signal.aborted) done();
    });
  }

  #due(nowMs: number): Held[] {
    if (this.#firstMs() + GATHER_MS > nowMs) return [];
    const due = [...this.#held.values()].filter(({ atMs }) => atMs <= nowMs);
    return due.sort((a, b) => a.dueAtMs - b.dueAtMs).slice(0, DUE_MAX);
  }

  #firstMs(): number {
    let firstMs = Number.POSITIVE_INFINITY;
    for (const { atMs } of this.#held.values()) firstMs = Math.min(firstMs, atMs);
    return firstMs;
  }

  /** Reads what is due within an hour; what was read before is there already. */
  async #read(nowMs: number): Promise<void> {
    const { store, partition, partitions } = this.#parts;
    const { signal } = this.#stopping;
    const untilMs = (timerBucketOf(nowMs + AHEAD_MS) + 1) * TIMER_BUCKET_MS;
    this.#readingUntilMs = untilMs;
    let knownUntilMs = untilMs;
    try {
      for (const of of await store.readTimerBuckets(this.#slots, timerBucketOf(nowMs + AHEAD_MS))) {
        let open = 0;
        let position = 0;
        let after: TimerPlace | undefined;
        for (let more = true; more && !signal.aborted; ) {
          if (this.#held.size >= HELD_MAX) {
            // Buckets come in order: what was not read is due from here on.
            knownUntilMs = Math.min(knownUntilMs, of.bucket * TIMER_BUCKET_MS);
            open++;
            break;
          }
          const rows: readonly TimerRow[] = await store.readTimers(of, after, PAGE);
          for (const row of rows) {
            position = Math.max(position, row.position);
            if (row.done) continue;
            open++;
            // Where logs share a slot, the others' are not ours.
            if (partitionOf(row.conversationId, partitions) !== partition) continue;
            this.#hold(row);
          }
          after = rows.at(-1);
          more = rows.length === PAGE;
        }
        if (signal.aborted) return;
        if (open === 0) await this.#remove(of, position, nowMs);
      }
      this.#knownUntilMs = knownUntilMs;
      this.#readLater();
    } finally {
      this.#readingUntilMs = 0;
    }
  }

  async #remove(of: TimerBucket, position: number, nowMs: number): Promise<void> {
    if ((of.bucket + 1) * TIMER_BUCKET_MS + OVER_MS < nowMs) await this.#parts.store.removeTimers(of, position);
  }

  async #seeTo(due: readonly Held[]): Promise<void> {
    const byConversation = new Map<string, Held[]>();
    for (const timer of due) {
      const list = byConversation.get(timer.conversationId);
      if (list) list.push(timer);
      else byConversation.set(timer.conversationId, [timer]);
    }
    const waiting = [...byConversation];
    const next = async (): Promise<void> => {
      for (let entry = waiting.pop(); entry; entry = waiting.pop()) await this.#lookAt(entry[0], entry[1]);
    };
    await Promise.all(Array.from({ length: CONVERSATIONS_AT_ONCE }, next));
  }

  /** Looks at rows of one log whose time has come. */
  async #lookAt(conversationId: string, timers: readonly Held[]): Promise<void> {
    const { store, clock, counters } = this.#parts;
    const over: TimerRow[] = [];
    for (let from = 0; from < timers.length; from += EXPIRE_SEQS_MAX) {
      const some = timers.slice(from, from + EXPIRE_SEQS_MAX);
      const rows = await Promise.all(some.map(({ seq }) => store.readRow(conversationId, seq)));
      const seqs: number[] = [];
      for (const [index, timer] of some.entries()) {
        timer.atMs = clock.nowMs() + AGAIN_MS;
        const row = rows[index];
        const stored = row && StoredEvent.decode(row.event);
        if (!row || !stored?.event) continue;
        const { message, scheduled } = stored.event;
        if (scheduled && scheduledDueMs(stored.event) !== undefined) await this.#send(stored.event, scheduled);
        else if (scheduled || message?.deleted) over.push(this.#doneAt(timer, row.eventPosition));
        else if (isExpired(stored, clock.nowMs())) seqs.push(timer.seq);
      }
      if (seqs.length > 0)
        await this.#expire(
          conversationId,
          seqs.sort((a, b) => a - b),
        );
    }
    counters.due.add(timers.length);
    if (over.length === 0) return;
    // Deleted before its time, or final already: the log says so.
    const projections: Projections = { ...NO_PROJECTIONS, timers: over };
    await store.write({ logs: [], projections });
    this.add(over);
  }

  #doneAt(timer: TimerPlace, position: number): TimerRow {
    const { dueAtMs, conversationId, seq } = timer;
    const slots = this.#parts.timerSlots;
    return { slot: timerSlotOf(conversationId, slots), dueAtMs, conversationId, seq, done: true, position };
  }

  /** Has messages erased that are past their time. */
  #expire(conversationId: string, seqs: readonly number[]): Promise<void> {
    return this.#append({
      conversationId,
      senderId: NOBODY_ID,
      // Of all seqs: where the log erased some of them only, those that are left make another command.
      commandId: followingCommandId(conversationId, ['expire', ...seqs].join(' ')),
      // It may have been appended before, by whomever; but after the messages.
      knownSeq: seqs.at(-1),
      expire: { seqs: [...seqs] },
    });
  }

  /** What was scheduled: first its schedule says that it is due, then it goes into its conversation, as often as it takes. */
  #send({ conversationId: scheduleId, senderId, seq: entrySeq }: Event, scheduled: ScheduledMessage): Promise<void> {
    const { messageId, conversationId, content, replyToSeq } = scheduled;
    if (scheduled.status === 'WAITING')
      return this.#append({
        conversationId: scheduleId,
        senderId,
        commandId: followingCommandId(scheduleId, stepOf('fire', { messageId, entrySeq })),
        knownSeq: entrySeq,
        schedule: { fire: { messageId, entrySeq } },
      });
    return this.#append({
      conversationId,
      senderId,
      commandId: messageId,
      send: { content, replyToSeq, scheduled: { scheduleId, seq: entrySeq } },
    });
  }

  async #append(command: Input<Command> & { conversationId: string }): Promise<void> {
    const { producer, clock } = this.#parts;
    const value = Command.encode({ ...command, receivedAtMs: clock.nowMs(), retry: true });
    const headers = recordHeaders('messages.v1.Command');
    await producer.send(topics.commands.name, { key: command.conversationId, value, headers });
  }
}
