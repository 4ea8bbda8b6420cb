/**
 * The owner of one partition of clatter.commands: batch of records → decide → store → acknowledge, publish, deliver → commit. The order
 * of these steps is the promise: nothing is acknowledged, delivered or published before it stands in the store (rule 11), and only what
 * was announced is committed (rule 12).
 */
import { Command, DeadLetter, FeedRecord } from '@clatter/contracts/messages';
import {
  type Assignment,
  type LogRecord,
  type PartitionConsumer,
  type Producer,
  recordHeaders,
  topics,
} from '@clatter/log';
import { backoff, type Clock, type Counter, inTrace, type Logger, sleep, traceIdOf } from '@clatter/runtime';
import { BatchWrites } from './batch-writes.ts';
import { ConversationBatch, LogReplaced, type Outcome, Overtaken, Poison } from './conversation-batch.ts';
import type { ConversationCache } from './conversation-cache.ts';
import type { Submitted } from './decision.ts';
import type { Delivery } from './delivery.ts';
import { type Loaded, loadConversation } from './loader.ts';
import { OwnReadPoints } from './own-read-points.ts';
import type { MessageStore, PartitionMark, ReceiptRow } from './ports.ts';
import { UnknownRules } from './rules-version.ts';
import { reportOf } from './scheduled-reports.ts';
import { Timers } from './timers.ts';

/** Positions are `epoch · 2^48 + offset` in a double: exact up to here. */
const EPOCHS = 32;
const EPOCH_OFFSETS = 2 ** 48;

/** Batches that may be stored and not yet announced everywhere; past it the partition waits. */
const UNSETTLED_MAX = 16;

/** Records that may be announced and not committed yet, while the store refuses read points; past it the partition waits. */
const UNCOMMITTED_MAX = 20_000;

/** A write that took longer than this is done again, with the time of then. A part of what a sync cursor reaches back (sync.ts). */
const WRITE_MS_MAX = 30_000;

/** Store errors are retried for as long as they last, this often. */
const RETRY = { baseMs: 50, maxMs: 2000 };

export interface ProjectorParts {
  readonly store: MessageStore;
  readonly cache: ConversationCache;
  readonly delivery: Delivery;
  readonly producer: Producer;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly epoch: number;
  /** The newest that this owner can decide by. */
  readonly rulesVersion: number;
  readonly bucketSeqs: number;
  /** Slots of the index of what is due; another value than the default is for tests. */
  readonly timerSlots?: number | undefined;
  /** How many partitions the log of commands has. */
  readonly commandPartitions: () => number;
  /** The owners' timers, for the metrics. */
  readonly timers: Set<Timers>;
  readonly counters: {
    readonly batches: Counter;
    readonly conversations: Counter;
    readonly commands: Counter;
    readonly events: Counter;
    readonly storeRetries: Counter;
    readonly dead: Counter;
    readonly due: Counter;
    readonly timerFailures: Counter;
  };
  /** Told of what the store or the broker refuses, by a name of its own; and, without a reason, when that is over. */
  onTrouble(name: string, reason: string | undefined): void;
}

export class Projector implements PartitionConsumer {
  readonly #parts: ProjectorParts;
  readonly #assignment: Assignment;
  readonly #readPoints: OwnReadPoints;
  /** Resolves when all batches so far are announced. */
  #settled: Promise<void> = Promise.resolve();
  #unsettled = 0;
  /** Records since the last commit. */
  #uncommitted = 0;
  #timers: Timers | undefined;
  /** Resolves when all dead letters so far are in the log: their offsets are not committed before. */
  #buried: Promise<void> = Promise.resolve();
  /** Resolves when all batches so far may be committed: they are announced, and what nobody waits for stands too. */
  #done: Promise<void> = Promise.resolve();
  #committed: Promise<void> = Promise.resolve();

  private constructor(parts: ProjectorParts, assignment: Assignment) {
    this.#parts = parts;
    this.#assignment = assignment;
    this.#readPoints = new OwnReadPoints(
      (rows) => this.#insist('store read points', () => parts.store.writeReceipts(rows)),
      parts.clock,
    );
  }

  /** Begins to own a partition. Rejects with LogReplaced where the log is not the one that the store was built from. */
  static async assign(parts: ProjectorParts, assignment: Assignment): Promise<Projector> {
    if (parts.epoch >= EPOCHS) throw new Error(`epoch: want less than ${EPOCHS}, got ${parts.epoch}`);
    const projector = new Projector(parts, assignment);
    const mark = await projector.#insist('read the partition mark', () => parts.store.readMark(assignment.partition));
    // The log's end is read after the mark: meanwhile an owner before this one may have applied what it appended.
    if (mark) checkMark(mark, assignment, parts.epoch, await assignment.currentEnd());
    projector.#begin();
    return projector;
  }

  /** What is due is seen to beside the records. */
  #begin(): void {
    const { store, producer, clock, random, logger, timerSlots, counters, timers } = this.#parts;
    const { partition, signal } = this.#assignment;
    this.#timers = new Timers({
      store,
      producer,
      clock,
      random,
      logger,
      partition,
      partitions: this.#parts.commandPartitions(),
      timerSlots,
      signal,
      counters: { due: counters.due, failures: counters.timerFailures },
    });
    const begun = this.#timers;
    timers.add(begun);
    begun.stopped.then(() => timers.delete(begun));
  }

  /** What is done for the whole batch, such as to locate people, is in the trace of its first record. */
  onBatch(records: readonly LogRecord[]): Promise<void> {
    return inTrace(records[0]?.headers.traceparent, () => this.#take(records));
  }

  async #take(records: readonly LogRecord[]): Promise<void> {
    const { counters } = this.#parts;
    counters.batches.add(1);
    counters.commands.add(records.length);
    try {
      const { batches, outcomes } = await this.#decideAll(records);
      counters.conversations.add(batches.length);
      const { ownReads, timers } = await this.#storeAll(batches, records);
      this.#timers?.add(timers);
      for (const { state, sending } of batches) this.#timers?.lookAgain(state.id, sending);
      for (const batch of batches) this.#parts.cache.keep(batch.loaded, this);
      this.#announce(outcomes, ownReads, records);
      if (this.#unsettled > UNSETTLED_MAX) await this.#settled;
      if (this.#readPoints.isFull) await this.#readPoints.room();
      if (this.#uncommitted > UNCOMMITTED_MAX) {
        this.#readPoints.flush();
        await this.#done;
      }
    } catch (error) {
      if (error instanceof Abandoned) return;
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#timers?.stop();
    await this.#settled;
    this.#readPoints.flush();
    await this.#done;
    await this.#committed;
  }

  /** Decides every record, each conversation in its own order, all conversations at once. */
  async #decideAll(records: readonly LogRecord[]): Promise<{ batches: ConversationBatch[]; outcomes: Outcome[] }> {
    const byConversation = new Map<string, Submitted[]>();
    for (const record of records) {
      const submitted = this.#submitted(record);
      if (!submitted) continue;
      this.#checkRules(record);
      const list = byConversation.get(submitted.command.conversationId);
      if (list) list.push(submitted);
      else byConversation.set(submitted.command.conversationId, [submitted]);
    }
    const batches: ConversationBatch[] = [];
    const waiting: Promise<void>[] = [];
    for (const [id, list] of byConversation) {
      const loaded = this.#parts.cache.get(id, this);
      if (loaded) {
        const batch = this.#batchOf(loaded);
        const done = this.#takeAll(batch, list, 0);
        if (!done) {
          batches.push(batch);
          continue;
        }
        waiting.push(
          done.then(
            () => void batches.push(batch),
            (error) => this.#redecide(id, list, error).then((again) => void batches.push(again)),
          ),
        );
      } else waiting.push(this.#redecide(id, list).then((batch) => void batches.push(batch)));
    }
    await Promise.all(waiting);
    const outcomes = batches.flatMap((batch) => batch.outcomes);
    // Back in the order of the log, so that one connection's answers keep theirs.
    if (batches.length > 1) outcomes.sort((a, b) => a.submitted.position - b.submitted.position);
    return { batches, outcomes };
  }

  #batchOf(loaded: Loaded): ConversationBatch {
    return new ConversationBatch(loaded, this.#parts.store, this.#parts.bucketSeqs);
  }

  /** Loads the conversation and decides its records; again whenever another owner turns out to be ahead (rule 6). */
  async #redecide(id: string, list: readonly Submitted[], cause?: unknown): Promise<ConversationBatch> {
    if (cause !== undefined && !(cause instanceof Overtaken)) throw cause;
    const first = list[0] as Submitted;
    for (let attempt = cause === undefined ? 0 : 1; ; attempt++) {
      if (attempt > 0)
        await sleep(this.#parts.clock, backoff(attempt, RETRY, this.#parts.random), this.#assignment.signal);
      const loaded = await this.#insist('load a conversation', () =>
        loadConversation(this.#parts.store, id, first.position, first.timestampMs, this.#parts.bucketSeqs),
      );
      const batch = this.#batchOf(loaded);
      try {
        await this.#takeAll(batch, list, 0);
        return batch;
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error;
        this.#parts.logger.warn({ conversationId: id }, 'another owner is ahead: the conversation is loaded again');
      }
    }
  }

  /** Takes records from `index` on; a promise only where one of them has to wait. */
  #takeAll(batch: ConversationBatch, list: readonly Submitted[], index: number): void | Promise<void> {
    for (let i = index; i < list.length; i++) {
      const submitted = list[i] as Submitted;
      try {
        const pending = batch.take(submitted);
        if (pending) return this.#takeRest(batch, list, i, pending);
      } catch (error) {
        this.#refuse(batch, submitted, error);
      }
    }
  }

  async #takeRest(
    batch: ConversationBatch,
    list: readonly Submitted[],
    index: number,
    pending: Promise<void>,
  ): Promise<void> {
    const submitted = list[index] as Submitted;
    const what = 'look up a row';
    let attempt = 0;
    try {
      for (let current = pending; ; attempt++) {
        try {
          await current;
          break;
        } catch (error) {
          if (!isStoreError(error)) {
            this.#refuse(batch, submitted, error);
            break;
          }
          await this.#storeFailed(what, error, attempt);
          current = Promise.resolve(batch.take(submitted));
        }
      }
    } finally {
      if (attempt > 0) this.#parts.onTrouble(this.#troubleName(what), undefined);
    }
    await this.#takeAll(batch, list, index + 1);
  }

  /** A command that can never apply: `decide` threw, on every owner alike. It goes to clatter.dead and its sender is told. */
  #refuse(batch: ConversationBatch, submitted: Submitted, error: unknown): void {
    if (!(error instanceof Poison)) throw error;
    const { command, value = Command.encode(command), position, traceparent } = submitted;
    this.#parts.logger.error({ err: error, position, ...traced(traceparent) }, 'a command can never apply');
    this.#bury(position % EPOCH_OFFSETS, error.message, value, traceparent);
    batch.outcomes.push({
      submitted,
      answer: { kind: 'reject', code: 'INTERNAL', message: 'this command cannot be applied' },
    });
  }

  #submitted(record: LogRecord): Submitted | undefined {
    const { traceparent } = record.headers;
    try {
      const command = Command.decode(record.value);
      if (command.conversationId !== record.key) throw new Error('the key is not the conversation id');
      const position = this.#parts.epoch * EPOCH_OFFSETS + record.offset;
      return { command, value: record.value, position, timestampMs: record.timestampMs, traceparent };
    } catch (error) {
      this.#parts.logger.error(
        { err: error, offset: record.offset, ...traced(traceparent) },
        'a record is not a command',
      );
      this.#bury(record.offset, 'not a command', record.value, traceparent);
      return undefined;
    }
  }

  /** Rule 7. */
  #checkRules({ topic, partition, offset, headers }: LogRecord): void {
    const { rulesVersion } = this.#parts;
    const rules = Number(headers.rules ?? 1);
    if (rules > rulesVersion)
      throw new UnknownRules(`${topic} partition ${partition} at ${offset}`, rules, rulesVersion);
  }

  #bury(offset: number, reason: string, value: Uint8Array, traceparent: string | undefined): void {
    const { partition, topic } = this.#assignment;
    this.#parts.counters.dead.add(1);
    const record = {
      key: '00000000-0000-0000-0000-000000000000',
      value: DeadLetter.encode({ topic, partition, offset, reason, value }),
      headers: recordHeaders('messages.v1.DeadLetter', traceparent),
    };
    const sent = this.#insist('store a dead letter', () => this.#parts.producer.send(topics.dead.name, record));
    this.#buried = Promise.all([this.#buried, sent]).then(() => undefined, unlessAbandoned);
  }

  /** Writes what the records leave, until all of it stands; but not the read points that own messages moved, which it returns. */
  async #storeAll(
    batches: readonly ConversationBatch[],
    records: readonly LogRecord[],
  ): Promise<Pick<BatchWrites, 'ownReads' | 'timers'>> {
    const { store, clock, epoch } = this.#parts;
    const { partition, logId } = this.#assignment;
    const nextOffset = (records.at(-1) as LogRecord).offset + 1;
    const writes = new BatchWrites(batches, { partition, logId, epoch, nextOffset }, this.#parts.timerSlots);
    for (const batch of writes.earlier) await this.#insist('store a batch', () => store.write(batch));
    for (let beganMs = 0; ; ) {
      await this.#insist('store a batch', () => {
        beganMs = clock.nowMs();
        return store.write(writes.last(beganMs));
      });
      // Syncs rely on the times in inbox rows: where a write hung, or this process did, they are behind what they say.
      if (clock.nowMs() - beganMs > WRITE_MS_MAX) continue;
      writes.stood(beganMs);
      return writes;
    }
  }

  /**
   * Acknowledges at once; publishes and delivers side by side; commits when both are done and the read points stand. The next batch does
   * not wait for it.
   */
  #announce(outcomes: readonly Outcome[], ownReads: readonly ReceiptRow[], records: readonly LogRecord[]): void {
    const nextOffset = (records.at(-1) as LogRecord).offset + 1;
    const events = outcomes.filter((outcome) => outcome.event);
    // What somebody keeps for themselves is no news for others.
    const news = events.filter(({ kind }) => kind !== 'user');
    this.#parts.counters.events.add(events.length);
    const delivered = this.#parts.delivery.announce(outcomes);
    const published = Promise.all([this.#publish(news), this.#report(outcomes), this.#buried]);
    this.#unsettled++;
    this.#settled = Promise.all([this.#settled, delivered, published]).then(() => {
      this.#unsettled--;
    });
    const moved = this.#readPoints.add(ownReads).catch(unlessAbandoned);
    this.#uncommitted += records.length;
    this.#done = Promise.all([this.#done, this.#settled, moved]).then(() => {
      this.#uncommitted -= records.length;
      this.#commit(nextOffset);
    });
  }

  /** A commit that fails is made up for by the next one, or the records come again. */
  #commit(nextOffset: number): void {
    if (this.#assignment.signal.aborted) return;
    this.#committed = this.#assignment.commit(nextOffset).catch((error) => {
      this.#parts.logger.warn({ err: error, partition: this.#assignment.partition }, 'an offset was not committed');
    });
  }

  /** Tells schedules what became of the messages that they sent, until it is in the log. Where an owner dies before, they send them again. */
  async #report(outcomes: readonly Outcome[]): Promise<void> {
    const send = async (outcome: Outcome): Promise<void> => {
      const report = reportOf(outcome, this.#parts.clock.nowMs());
      if (!report) return;
      const headers = recordHeaders('messages.v1.Command', outcome.submitted.traceparent);
      const record = { key: report.conversationId, value: Command.encode(report), headers };
      await this.#insist('tell a schedule', () => this.#parts.producer.send(topics.commands.name, record));
    };
    const sent = outcomes.filter(({ submitted }) => submitted.command.send?.scheduled);
    await Promise.all(sent.map(send)).catch(unlessAbandoned);
  }

  /** Appends the events to the change feed, retried until they are in. */
  async #publish(events: readonly Outcome[]): Promise<void> {
    const send = async ({ submitted, event, recipients, kind, title, calls }: Outcome): Promise<void> => {
      const value = FeedRecord.encode({
        event,
        kind,
        title,
        memberIds: kind === 'channel' ? [] : recipients,
        mentionedIds: calls?.mentionedIds,
        mentionsAll: calls?.mentionsAll,
      });
      const record = {
        key: submitted.command.conversationId,
        value,
        headers: recordHeaders('messages.v1.FeedRecord', submitted.traceparent),
      };
      await this.#insist('publish an event', () => this.#parts.producer.send(topics.events.name, record));
    };
    await Promise.all(events.map(send)).catch(unlessAbandoned);
  }

  /** Repeats until it succeeds; gives up only when the partition is taken away. */
  async #insist<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    let tries = 0;
    try {
      for (; ; tries++) {
        if (this.#assignment.signal.aborted) throw new Abandoned();
        try {
          return await attempt();
        } catch (error) {
          if (!isStoreError(error)) throw error;
          await this.#storeFailed(what, error, tries);
        }
      }
    } finally {
      // Over, or another owner's.
      if (tries > 0) this.#parts.onTrouble(this.#troubleName(what), undefined);
    }
  }

  #troubleName(what: string): string {
    return `${this.#assignment.partition}: ${what}`;
  }

  async #storeFailed(what: string, error: unknown, tries: number): Promise<void> {
    const { counters, logger, clock, random, onTrouble } = this.#parts;
    counters.storeRetries.add(1);
    const reason = `cannot ${what}: ${(error as Error).message}`;
    if (tries === 0)
      logger.error(
        { err: error, partition: this.#assignment.partition },
        `${reason}; it is tried again until it succeeds`,
      );
    onTrouble(this.#troubleName(what), reason);
    await sleep(clock, backoff(tries, RETRY, random), this.#assignment.signal);
    if (!this.#assignment.signal.aborted) return;
    onTrouble(this.#troubleName(what), undefined);
    throw new Abandoned();
  }
}

/** Of one record, where the batch's lines have that of its first. */
const traced = (traceparent: string | undefined): { traceId?: string } =>
  traceparent === undefined ? {} : { traceId: traceIdOf(traceparent) };

/** The partition was taken away: what is under way is dropped, its next owner does it again. */
class Abandoned extends Error {
  override readonly name = 'Abandoned';
}

function unlessAbandoned(error: unknown): void {
  if (!(error instanceof Abandoned)) throw error;
}

/** Whatever is none of our own is the store's or the broker's, and passes. */
const isStoreError = (error: unknown): boolean =>
  ![Overtaken, LogReplaced, Abandoned, Poison].some((kind) => error instanceof kind);

/** Rule 17: a log that was truncated or created anew would give old offsets to other commands. */
function checkMark(mark: PartitionMark, assignment: Assignment, epoch: number, endOffset: number): void {
  const where = `${assignment.topic} partition ${assignment.partition}`;
  const way = 'see docs/operations.md, "The command log was replaced"';
  if (epoch < mark.epoch)
    throw new LogReplaced(
      `${where}: the store was written in epoch ${mark.epoch}, this instance is set to ${epoch}; ${way}`,
    );
  if (epoch > mark.epoch) return;
  if (mark.logId !== assignment.logId)
    throw new LogReplaced(`${where}: the store was built from log ${mark.logId}, this is ${assignment.logId}; ${way}`);
  if (endOffset < mark.nextOffset)
    throw new LogReplaced(
      `${where}: the log ends at ${endOffset}, but ${mark.nextOffset} records of it were applied; ${way}`,
    );
}
