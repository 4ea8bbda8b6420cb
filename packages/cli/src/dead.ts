/** `clatter dead`: commands that could not be applied. */
import { topics } from '@clatter/log';
import { createLogger, systemClock } from '@clatter/runtime';
import { Command } from 'commander';
import { type Address, addressOf, parseAddress } from './address.ts';
import { describeLetter, listLine } from './describe.ts';
import { findLetter, readLetters } from './letters.ts';
import { withLog } from './place.ts';
import { replayLetter } from './replay.ts';

export interface Terminal {
  /** One line of output; resolves when there is room for the next. */
  print(line: string): Promise<void>;
  /** One line beside the output. */
  note(line: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const HELP = `
The log is that of the Kafka cluster that CLATTER_KAFKA_BROKERS and the other CLATTER_KAFKA_* settings name, as for the services; or with
--data (or CLATTER_DATA_DIR, where no brokers are set) that of a data folder whose platform is stopped.`;

export function deadCommand({ print, note, env }: Terminal): Command {
  const clock = systemClock;
  // What goes wrong is said once, by the error that ends the command.
  const parts = { clock, logger: createLogger({ service: 'clatter', level: 'silent' }) };
  const dead = new Command('dead')
    .description(`look at commands that could not be applied (${topics.dead.name}), and apply them again`)
    .addHelpText('after', HELP);
  const subcommand = (name: string, description: string): Command =>
    dead.command(name).description(description).option('--data <folder>', 'data folder of a platform that is stopped');

  subcommand('list', 'one line for each: where it lies, when it was put there, where it came from, why').action(
    async ({ data }: { data?: string }) => {
      let count = 0;
      await withLog({ data, env }, parts, (log) =>
        readLetters(log, clock, async (letter) => {
          count++;
          await print(listLine(letter));
          return true;
        }),
      );
      if (count === 0) note('no dead letters');
    },
  );

  subcommand('show', 'all about one; what people wrote is left out')
    .argument('<partition:offset>', 'where it lies', parseAddress)
    .option('--content', 'with what people wrote')
    .action(async (address: Address, { data, content = false }: { data?: string; content?: boolean }) => {
      const letter = await withLog({ data, env }, parts, (log) => findLetter(log, clock, address));
      for (const line of describeLetter(letter, { content })) await print(line);
    });

  subcommand('replay', `append its command to ${topics.commands.name} again, marked as a repeat`)
    .argument('<partition:offset>', 'where it lies', parseAddress)
    .action(async (address: Address, { data }: { data?: string }) => {
      const { to, command } = await withLog({ data, env }, parts, async (log) =>
        replayLetter(log, await findLetter(log, clock, address)),
      );
      const { commandId, conversationId } = command;
      const what = `command ${commandId} of conversation ${conversationId}`;
      await print(`${addressOf(address)} → ${topics.commands.name} ${addressOf(to)}: ${what}, marked retry`);
    });
  return dead;
}
