/** What a schedule is told of a message that it sent, as a command to its own log. Pure. */
import type { Command } from '@clatter/contracts/messages';
import { followingCommandId } from '@clatter/runtime';
import type { Input } from '@clatter/wire';
import type { Outcome } from './conversation-batch.ts';
import { stepOf } from './schedule.ts';

/** Undefined where nobody asked, or where nobody can say. */
export function reportOf(
  { submitted, answer }: Outcome,
  nowMs: number,
): (Input<Command> & { conversationId: string }) | undefined {
  const { commandId: messageId, senderId, send } = submitted.command;
  if (!send?.scheduled || answer.kind === 'silence') return undefined;
  const { scheduleId, seq: entrySeq } = send.scheduled;
  const outcome = answer.kind === 'ack' ? { seq: answer.place.seq } : { reason: answer.code };
  return {
    conversationId: scheduleId,
    senderId,
    // A message that is there outranks a refusal of another copy: they are two commands.
    commandId: followingCommandId(scheduleId, `${stepOf('report', { messageId, entrySeq })} ${answer.kind}`),
    receivedAtMs: nowMs,
    retry: true,
    knownSeq: entrySeq,
    schedule: { report: { messageId, entrySeq, ...outcome } },
  };
}
