#!/usr/bin/env node
/** The load tester. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { bench } from './bench/bench.ts';
import { fetchDataset, readDataset } from './dataset.ts';
import { fanOut } from './fan-out/fan-out.ts';
import { type FaultArguments, faults, listScenarios } from './faults/faults.ts';
import { checkRecords } from './history/record-file.ts';
import { describeFindings } from './history/report.ts';
import { describeReplay, replay } from './replay.ts';

const root = join(fileURLToPath(new URL('.', import.meta.url)), '../..');

/** Of a platform that nobody set otherwise (CLATTER_KAFKA_PARTITIONS). */
const PARTITIONS = 256;

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError(`want a whole number above 0, got "${text}"`);
  return value;
}

function minutes(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 10_000))
    throw new InvalidArgumentError(`want a number of minutes above 0, got "${text}"`);
  return value;
}

function speed(text: string): number {
  return text === 'max' ? 0 : count(text);
}

interface BenchArguments {
  readonly rates: number[];
  readonly seconds: number;
  readonly pairs: number;
  readonly cluster?: boolean;
  readonly gateways: number;
  readonly messages: number;
  readonly partitions: number;
  readonly durable?: boolean;
  readonly json?: string;
  readonly write?: boolean;
}

interface FanOutArguments {
  readonly members: number;
  readonly online: number;
  readonly gateways: number;
  readonly rate: number;
  readonly seconds: number;
  readonly processes: number;
  readonly partitions: number;
  readonly durable?: boolean;
  readonly write?: boolean;
}

const replicas = (text: string): number => {
  if (text !== '1' && text !== '3') throw new InvalidArgumentError(`want 1 or 3, got "${text}"`);
  return Number(text);
};

const rates = (text: string): number[] => text.split(',').map(count);

const program = new Command('clatter-loadtest').description('Loads a Clatter platform and checks what it did.');

program
  .command('replay')
  .description('replay real conversations of two people, then check every history')
  .option('--url <url>', 'where the platform is', 'http://localhost:8080')
  .option('--speed <rate>', 'messages a second in all, or max', speed, 0)
  .option('--concurrency <n>', 'conversations at the same time', count, 64)
  .option('--conversations <n>', 'how many of the 7,168', count)
  .option('--people <n>', 'how many people', count, 200)
  .option('--data <file>', 'a file of that shape instead of the data set')
  .option('--patience <s>', 'seconds that the platform may be away', count, 120)
  .addOption(new Option('--encoding <encoding>', 'subprotocol').choices(['json', 'proto']).default('json'))
  .action(
    async (options: {
      url: string;
      speed: number;
      concurrency: number;
      conversations?: number;
      people: number;
      data?: string;
      patience: number;
      encoding: 'json' | 'proto';
    }) => {
      const all = options.data ? readDataset(options.data) : await fetchDataset(join(root, '.cache', 'datasets'));
      const result = await replay({
        url: options.url,
        conversations: all.slice(0, options.conversations),
        people: options.people,
        concurrency: options.concurrency,
        rate: options.speed,
        patienceMs: options.patience * 1000,
        encoding: options.encoding,
        interactive: process.stdout.isTTY,
        print: (line) => console.log(line),
      });
      for (const line of describeReplay(result)) console.log(line);
      process.exitCode = result.violations.length > 0 ? 1 : 0;
    },
  );

program
  .command('bench')
  .description('measure a ladder of 1:1 rates on a platform of its own, beside a raw relay')
  .option('--rates <list>', 'messages a second, with commas between', rates, [1000, 2000, 4000, 8000, 12_000])
  .option('--seconds <n>', 'time of each rung', count, 10)
  .option('--pairs <n>', 'pairs of people', count, 100)
  .option('--cluster', 'as separate processes on real servers, instead of in one process')
  .option('--gateways <n>', 'gateway processes of the cluster', count, 2)
  .option('--messages <n>', 'messages processes of the cluster', count, 2)
  .option('--partitions <n>', 'partitions of the topic of commands', count, PARTITIONS)
  .option('--durable', 'the servers of the cluster sync to the disk before they acknowledge')
  .option('--json <file>', 'write the figures there')
  .option('--write', 'write docs/benchmarks.md')
  .action(
    async ({ cluster, gateways, messages, partitions, durable = false, write = false, ...options }: BenchArguments) => {
      const print = (line: string): void => console.log(line);
      const size = cluster ? { cluster: { gateways, messages, partitions, durable } } : {};
      await bench({ ...options, ...size, write, root, print });
    },
  );

program
  .command('faults')
  .description('break a platform of its own, on real servers, while people talk, and check every history')
  .option('--scenarios <names>', 'which, with commas between (list with --list)', (text) => text.split(','))
  .option('--list', 'say what the scenarios are')
  .option('--minutes <n>', 'how long each scenario goes on', minutes, 1)
  .option('--hold <s>', 'seconds after which a fault that lasts is over', count, 60)
  .option('--rate <n>', 'commands a second', count, 60)
  .option('--replicas <n>', 'nodes of Kafka and of Cassandra, 1 or 3; with 3 there is node-kill', replicas, 1)
  .option('--seed <n>', 'of what is done when, and to whom', count)
  .option('--record <file>', 'keep the record of each scenario in <file>.<scenario>.jsonl, for check-history')
  .action(async ({ list, ...options }: FaultArguments & { list?: boolean }) => {
    const print = (line: string): void => console.log(line);
    if (list) for (const line of listScenarios(options.replicas)) print(line);
    else process.exitCode = (await faults({ ...options, print })) ? 0 : 1;
  });

program
  .command('check-history')
  .description('check records of `faults --record` again, or of clients of your own')
  .argument('<files...>', 'JSON Lines of what loadtest/src/history/entry.ts says')
  .action((files: string[]) => {
    const checker = checkRecords(files);
    for (const line of describeFindings(checker)) console.log(line);
    process.exitCode = checker.findings.total > 0 ? 1 : 0;
  });

program
  .command('fan-out')
  .description('measure a channel on a cluster of its own: deliveries per second and core, time to the last member')
  .option('--members <n>', 'members of the channel', count, 1000)
  .option('--online <n>', 'how many of them are online', count, 1000)
  .option('--gateways <n>', 'gateway processes', count, 2)
  .option('--rate <n>', 'messages a second', count, 10)
  .option('--seconds <n>', 'time that is measured', count, 20)
  .option('--processes <n>', 'processes of listeners', count, 2)
  .option('--partitions <n>', 'partitions of the topic of commands', count, PARTITIONS)
  .option('--durable', 'the servers sync to the disk before they acknowledge')
  .option('--write', 'write docs/benchmarks.md')
  .action(async ({ durable = false, write = false, ...options }: FanOutArguments) => {
    const print = (line: string): void => console.log(line);
    await fanOut({ ...options, durable, write, root, print });
  });

try {
  await program.parseAsync();
} catch (error) {
  console.error(`clatter-loadtest: ${(error as Error).message}`);
  process.exitCode = 1;
}
