/**
 * The rules of messages that are to be sent later. They wait in a log of their sender's own, the schedule (kind `user`; its id follows from
 * the person's), which decides what waits, when a message is due, and what became of it. So each device of the person learns the same, and
 * nobody else anything. The message itself is an ordinary send into its conversation, under its own id: however often it is appended there,
 * it is there once. Pure.
 */
import type { Command, StoredEvent, StoredScheduled } from '@clatter/contracts/messages';
import { type Event, ScheduledMessage, type ScheduledMessageStatus } from '@clatter/wire';
import type { ConversationState } from './conversation.ts';
import { append, type Decision, type LookedUp, next, reject, type Submitted } from './decision.ts';

/** Messages of one person that wait, or that failed and were not taken away yet. */
export const SCHEDULED_MAX = 100;
const AHEAD_MS_MAX = 366 * 24 * 3_600_000;

type Schedule = NonNullable<Command['schedule']>;
type Step = NonNullable<Schedule['fire']>;

/** Which message a step speaks of. */
const messageIdOf = ({ add, change, cancel, fire, report }: Schedule): string =>
  (add ?? change ?? cancel ?? fire ?? report)?.messageId ?? '';

const entryOf = (state: ConversationState, messageId: string): StoredScheduled | undefined =>
  state.details.scheduled.find((entry) => entry.messageId === messageId);

/** The rows that a step changes. */
export function scheduledSeqs(state: ConversationState, { schedule }: Command): readonly number[] | undefined {
  if (!schedule) return undefined;
  if (schedule.drop) return state.details.scheduled.map(({ seq }) => seq);
  const entry = schedule.add ? undefined : entryOf(state, messageIdOf(schedule));
  return entry ? [entry.seq] : undefined;
}

/** When a row of a schedule is to be looked at: until something final became of its message. */
export const scheduledDueMs = ({ scheduled }: Event): number | undefined =>
  scheduled?.content && isOpen(scheduled.status) ? scheduled.sendAtMs : undefined;

const isOpen = (status: ScheduledMessageStatus): boolean => status === 'WAITING' || status === 'SENDING';

/** What an event leaves of the list of what waits. */
export function scheduledAfter(
  before: readonly StoredScheduled[],
  { seq, scheduled }: Event,
): readonly StoredScheduled[] {
  if (!scheduled) return before;
  const { messageId, status } = scheduled;
  if (messageId === '') return [];
  const others = before.filter((entry) => entry.messageId !== messageId);
  if (status === 'SENT' || status === 'CANCELLED') return others;
  const row = status === 'WAITING' ? seq : (scheduled.entrySeqs[0] ?? 0);
  return [...others, { messageId, seq: row, status }];
}

/** What a step leaves of the row that holds a message. Of the row and the command alone. */
export function scheduledRewritten({ schedule }: Command, target: StoredEvent): StoredEvent {
  const event = target.event as Event;
  const before = event.scheduled as ScheduledMessage;
  const { fire, report } = schedule as Schedule;
  const gone = { content: undefined, replyToSeq: undefined };
  const scheduled: ScheduledMessage = fire
    ? { ...before, status: 'SENDING' }
    : report?.reason !== undefined
      ? { ...before, status: 'FAILED', reason: report.reason }
      : { ...before, ...gone, status: report ? 'SENT' : 'CANCELLED' };
  return { ...target, event: { ...event, scheduled } };
}

export function decideSchedule(state: ConversationState, submitted: Submitted, { targets }: LookedUp): Decision {
  const { command, timestampMs } = submitted;
  const schedule = command.schedule as Schedule;
  // Whose it is follows from its id, which gateways and owners make of the sender's.
  if (state.head.seq > 0 && state.kind !== 'user')
    return reject('NOT_FOUND', 'conversationId: there is no such conversation');
  const atMs = Math.max(timestampMs, state.head.sentAtMs);
  if (schedule.drop) return drop(state, submitted, targets);
  if (state.details.isDropped) return reject('FORBIDDEN', 'the account was deleted');
  if (schedule.add) return add(state, submitted, schedule.add, atMs);
  const entry = entryOf(state, messageIdOf(schedule));
  const target = entry && targets?.get(entry.seq);
  const row = target?.event?.scheduled;
  if (!entry || !target || !row) return reject('NOT_FOUND', 'messageId: no such message is scheduled');
  const { change, cancel, fire, report } = schedule;
  /** The event of a step that changes the row alone, and tells no content. */
  const becomes = (status: ScheduledMessageStatus, more: Partial<ScheduledMessage> = {}): Decision => {
    const { messageId, conversationId, sendAtMs } = row;
    const scheduled = ScheduledMessage.create({
      messageId,
      conversationId,
      sendAtMs,
      status,
      entrySeqs: [entry.seq],
      ...more,
    });
    const stored = scheduledRewritten(command, target);
    return { ...append(next(state, submitted, { scheduled })), rewrites: [{ seq: entry.seq, stored }] };
  };
  if (report) {
    const isNews = entry.status === 'SENDING' || (entry.status === 'FAILED' && report.reason === undefined);
    if (!isNews || entry.seq !== report.entrySeq) return reject('CONFLICT', 'messageId: it is not being sent');
    return report.reason === undefined
      ? becomes('SENT', { seq: report.seq })
      : becomes('FAILED', { reason: report.reason });
  }
  if (fire) {
    if (entry.status !== 'WAITING' || entry.seq !== fire.entrySeq || row.sendAtMs > atMs)
      return reject('CONFLICT', 'messageId: it is not due');
    return becomes('SENDING');
  }
  if (entry.status === 'SENDING') return reject('CONFLICT', 'messageId: it is being sent');
  if (cancel) return becomes('CANCELLED');
  const sendAtMs = change?.sendAtMs ?? row.sendAtMs;
  const refusal = refusalOfTime(sendAtMs, atMs);
  if (refusal) return refusal;
  const changed = { ...row, content: change?.content ?? row.content, sendAtMs, status: 'WAITING' as const };
  const scheduled = { ...changed, reason: undefined, entrySeqs: [entry.seq] };
  const stored = scheduledRewritten(command, target);
  return { ...append(next(state, submitted, { scheduled })), rewrites: [{ seq: entry.seq, stored }] };
}

function add(state: ConversationState, submitted: Submitted, wanted: ScheduledMessage, atMs: number): Decision {
  if (entryOf(state, wanted.messageId)) return reject('CONFLICT', 'messageId: it is scheduled already');
  if (state.details.scheduled.length >= SCHEDULED_MAX)
    return reject('TOO_LARGE', `sendAtMs: want at most ${SCHEDULED_MAX} messages that wait`);
  const refusal = refusalOfTime(wanted.sendAtMs, atMs);
  if (refusal) return refusal;
  const { messageId, conversationId, content, replyToSeq, sendAtMs } = wanted;
  const kept = { messageId, conversationId, content, replyToSeq, sendAtMs, status: 'WAITING' as const };
  return append(next(state, submitted, { scheduled: ScheduledMessage.create(kept) }));
}

function refusalOfTime(sendAtMs: number, atMs: number): Decision | undefined {
  if (sendAtMs > atMs && sendAtMs <= atMs + AHEAD_MS_MAX) return undefined;
  return reject('INVALID', `sendAtMs: want a time within the next year, got ${sendAtMs}`);
}

/** The account is gone: nothing of it is sent any more. */
function drop(
  state: ConversationState,
  submitted: Submitted,
  targets: ReadonlyMap<number, StoredEvent> | undefined,
): Decision {
  const rewrites = [...(targets ?? [])].map(([seq, target]) => ({
    seq,
    stored: scheduledRewritten(submitted.command, target),
  }));
  if (rewrites.length === 0) return reject('NOT_FOUND', 'nothing is scheduled');
  const entrySeqs = rewrites.map(({ seq }) => seq);
  const scheduled = ScheduledMessage.create({ status: 'CANCELLED', reason: 'ACCOUNT_DELETED', entrySeqs });
  return { ...append(next(state, submitted, { scheduled })), rewrites };
}

/** What an owner appends to the schedule: of the same step the same id, whoever appends it. */
export const stepOf = (
  step: 'fire' | 'report',
  { messageId, entrySeq }: Pick<Step, 'messageId' | 'entrySeq'>,
): string => `${step} ${messageId} ${entrySeq}`;
