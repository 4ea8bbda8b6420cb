/** Reads clatter.accounts: what people scheduled goes with their account. */
import { AccountRecord } from '@clatter/contracts/auth';
import { Command } from '@clatter/contracts/messages';
import { type Assignment, type Consumer, type EventLog, type Producer, recordHeaders, topics } from '@clatter/log';
import { backoff, type Clock, followingCommandId, type Logger, scheduleIdOf, sleep } from '@clatter/runtime';

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
          const userId = deletedIn(value, (error) =>
            logger.error({ err: error, offset }, 'a record is not of an account'),
          );
          if (userId !== undefined) await drop(parts, assignment, userId);
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

function deletedIn(value: Uint8Array, onBroken: (error: unknown) => void): string | undefined {
  try {
    const { userId, deleted } = AccountRecord.decode(value);
    return deleted && userId;
  } catch (error) {
    onBroken(error);
    return undefined;
  }
}

/** Appends until it is in the log; the same command each time. */
async function drop({ producer, clock }: AccountsParts, { signal }: Assignment, userId: string): Promise<void> {
  const conversationId = scheduleIdOf(userId);
  for (let tries = 0; !signal.aborted; tries++) {
    const value = Command.encode({
      conversationId,
      senderId: userId,
      commandId: followingCommandId(conversationId, 'drop'),
      receivedAtMs: clock.nowMs(),
      retry: true,
      schedule: { drop: {} },
    });
    const record = { key: conversationId, value, headers: recordHeaders('messages.v1.Command') };
    try {
      await producer.send(topics.commands.name, record);
      return;
    } catch {
      await sleep(clock, backoff(tries, RETRY), signal);
    }
  }
}
