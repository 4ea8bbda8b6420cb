#!/usr/bin/env node
/** The operator's command line. */
import { once } from 'node:events';
import { Command } from 'commander';
import { deadCommand, type Terminal } from './dead.ts';
import { keysCommand } from './keys.ts';

// Whoever reads the output may have seen enough, as `head` has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const terminal: Terminal = {
  async print(line) {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
  },
  note: (line) => process.stderr.write(`${line}\n`),
  env: process.env,
};
const program = new Command('clatter')
  .description('Looks after a Clatter platform.')
  .addCommand(deadCommand(terminal))
  .addCommand(keysCommand(terminal));

try {
  await program.parseAsync();
} catch (error) {
  for (const line of (error as Error).message.split('\n')) process.stderr.write(`clatter: ${line}\n`);
  process.exitCode = 1;
}
// Connections to Kafka leave timers behind, which would keep the process: it ends when what it printed is out.
process.stdout.write('', () => process.exit());
