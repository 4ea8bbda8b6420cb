/** The command in a dead letter. */
import { Command, type DeadLetter } from '@clatter/contracts/messages';
import { topics } from '@clatter/log';
import { isUuid } from '@clatter/runtime';

/** What every command has, whatever it wants. */
const ENVELOPE: ReadonlySet<string> = new Set<keyof Command>([
  'conversationId',
  'senderId',
  'commandId',
  'receivedAtMs',
  'retry',
  'knownSeq',
  'replyTo',
]);

/** What a command wants: `send`, `edit` …; undefined where this version does not know. */
export const bodyOf = (command: Command): string | undefined =>
  Object.entries(command).find(([name, value]) => value !== undefined && !ENVELOPE.has(name))?.[0];

/** Throws where the record was none, or one that this version does not wholly understand: what it would leave out would be lost. */
export function commandOf({ topic, value }: DeadLetter): Command {
  if (topic !== topics.commands.name)
    throw new Error(`no command: want a record of ${topics.commands.name}, got one of "${topic}"`);
  let command: Command;
  try {
    command = Command.decode(value);
  } catch (error) {
    throw new Error(`no command: ${(error as Error).message}`);
  }
  for (const name of ['conversationId', 'senderId', 'commandId'] as const)
    if (!isUuid(command[name])) throw new Error(`no command: ${name} is not a UUID`);
  if (bodyOf(command) === undefined)
    throw new Error('no command that this version knows: it has no body that it can read');
  if (!Buffer.from(Command.encode(command)).equals(value))
    throw new Error('no command that this version wholly knows: it has fields that would be lost');
  return command;
}
