/** Reads clatter.accounts: what people scheduled goes with their account, and whom they block the log of their conversation must know. */
import { AccountRecord } from '@clatter/contracts/auth';
import { Command } from '@clatter/contracts/messages';
import { type Assignment, type Consumer, type EventLog, type Producer, recordHeaders, topics } from '@clatter/log';
import {
  backoff,
  blockCommandId,
  type Clock,
  directConversationId,
  followingCommandId,
  type Logger,
  scheduleIdOf,
  sleep,
} from '@clatter/runtime';
import type { Input } from '@clatter/wire';

const RETRY = { baseMs: 100, maxMs: 5000 };

export interface AccountsParts {
  readonly log: EventLog;
  readonly producer: Producer;
  readonly clock: Clock;
  readonly logger: Logger;
  onHalt(topic: string, partition: number, error: unknown): void;
}

export function readAccounts(parts: AccountsParts): Consumer {
  const { log, logger, onHalt } = parts;
  return log.consume({
    group: 'messages-accounts',
    topics: [topics.accounts.name],
    start: 'beginning',
    onHalt,
    assign: async (assignment) => ({
      async onBatch(records) {
        for (const { value, offset } of records) {
          const command = commandIn(value, (error) =>
            logger.error({ err: error, offset }, 'a record is not of an account'),
          );
          if (command) await append(parts, assignment, command);
        }
        const last = records.at(-1);
        if (last && !assignment.signal.aborted) await assignment.commit(last.offset + 1);
      },
      async stop() {
        // Each batch is done and committed before the next.
      },
    }),
  });
}

type Wanted = Input<Command> & { readonly conversationId: string };

/** What a record asks for; the same command each time. */
function commandIn(value: Uint8Array, onBroken: (error: unknown) => void): Wanted | undefined {
  try {
    const { userId, deleted, blockChanged } = AccountRecord.decode(value);
    if (deleted) {
      const conversationId = scheduleIdOf(userId);
      const commandId = followingCommandId(conversationId, 'drop');
      return { conversationId, senderId: userId, commandId, schedule: { drop: {} } };
    }
    if (!blockChanged) return undefined;
    const { blockedId, blocked, number } = blockChanged;
    const conversationId = directConversationId(userId, blockedId);
    // Refused by a log that has it, or that is of no conversation: then there is nobody to keep out yet.
    const commandId = blockCommandId(userId, blockedId, number);
    return { conversationId, senderId: userId, commandId, block: { blocked, number } };
  } catch (error) {
    onBroken(error);
    return undefined;
  }
}

/** Appends until it is in the log. */
async function append({ producer, clock }: AccountsParts, { signal }: Assignment, command: Wanted): Promise<void> {
  const { conversationId } = command;
  for (let tries = 0; !signal.aborted; tries++) {
    const value = Command.encode({ ...command, receivedAtMs: clock.nowMs(), retry: true });
    const record = { key: conversationId, value, headers: recordHeaders('messages.v1.Command') };
    try {
      await producer.send(topics.commands.name, record);
      return;
    } catch {
      await sleep(clock, backoff(tries, RETRY), signal);
    }
  }
}
