/** Appends the command of a dead letter to clatter.commands again. */
import { Command } from '@clatter/contracts/messages';
import { type Appended, type EventLog, recordHeaders, topics } from '@clatter/log';
import { addressOf } from './address.ts';
import { commandOf } from './command-of.ts';
import type { StoredLetter } from './letters.ts';

/** Rejects where the letter holds no command, or the log does not take it. */
export async function replayLetter(log: EventLog, stored: StoredLetter): Promise<{ to: Appended; command: Command }> {
  const refuse = (reason: string, cause?: unknown): never => {
    throw new Error(`${addressOf(stored)} cannot be replayed: ${reason}`, { cause });
  };
  const { letter, headers, fault = '' } = stored;
  if (!letter) return refuse(fault);
  let command: Command;
  try {
    command = commandOf(letter);
  } catch (error) {
    return refuse((error as Error).message, error);
  }
  // Marked, and with no bound of the look-up, it is looked for in the whole conversation: where it was applied after all, nothing
  // happens. Nobody waits for the answer any more, and the number of the connection may be another's by now.
  const again = { ...command, retry: true, knownSeq: undefined, replyTo: undefined };
  const to = await log.producer().send(topics.commands.name, {
    key: command.conversationId,
    value: Command.encode(again),
    headers: recordHeaders('messages.v1.Command', headers.traceparent),
  });
  return { to, command };
}
