/** On the log of a data folder, as a stopped platform leaves it. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, DeadLetter } from '@clatter/contracts/messages';
import { createEmbeddedLog, type EventLog, type LogRecord, openStorage, topics } from '@clatter/log';
import { createLogger, systemClock } from '@clatter/runtime';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { clatter } from './test/program.ts';

const CONVERSATION = '01900000-0000-7000-8000-00000000000c';
const ID = '01900000-0000-7000-8000-000000000001';
const SENDER = '01900000-0000-7000-8000-0000000000a1';
const logger = createLogger({ service: 'test', level: 'silent' });

let root: string;
let dir: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'clatter-dead-'));
  dir = join(root, 'data');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function withLog<T>(use: (log: EventLog) => Promise<T>): Promise<T> {
  const storage = await openStorage({ dir, logger });
  const log = await createEmbeddedLog({ storage, clock: systemClock, logger });
  try {
    return await use(log);
  } finally {
    await log.close();
    await storage.close();
  }
}

const bury = (log: EventLog, offset: number, value: Uint8Array) =>
  log.producer().send(topics.dead.name, {
    key: CONVERSATION,
    value: DeadLetter.encode({ topic: topics.commands.name, partition: 0, offset, reason: `bug ${offset}`, value }),
    headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  });

const poison = Command.encode({
  conversationId: CONVERSATION,
  senderId: SENDER,
  commandId: ID,
  receivedAtMs: 1,
  retry: false,
  knownSeq: 7,
  replyTo: { gatewayId: 'gone', connection: 3, ref: 9, encoding: 'json' },
  send: { content: { text: { body: 'the secret' } } },
});

async function commandsOf(log: EventLog): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  const consumer = log.consume({
    group: 'test',
    topics: [topics.commands.name],
    start: 'beginning',
    ephemeral: true,
    assign: async () => ({
      onBatch: async (batch) => void records.push(...batch),
      stop: async () => undefined,
    }),
  });
  await consumer.ready();
  await consumer.close();
  return records;
}

it('lists letters, more than one batch of them, and shows and replays one', async () => {
  await withLog(async (log) => {
    await Promise.all(Array.from({ length: 249 }, (_, offset) => bury(log, offset, Buffer.from('no command'))));
    await bury(log, 249, poison);
  });

  const list = await clatter(['dead', 'list', '--data', dir]);
  expect(list).toMatchObject({ code: 0, err: '' });
  const lines = list.out.trimEnd().split('\n');
  expect(lines.map((line) => line.split('  ')[0])).toEqual(Array.from({ length: 250 }, (_, offset) => `0:${offset}`));
  expect(lines.at(-1)).toMatch(/ {2}clatter\.commands 0:249 {2}bug 249$/);

  const show = await clatter(['dead', 'show', '0:249'], { CLATTER_DATA_DIR: dir });
  expect(show).toMatchObject({ code: 0, err: '' });
  expect(show.out).toContain(ID);
  expect(show.out).not.toContain('secret');
  expect((await clatter(['dead', 'show', '0:249', '--content', '--data', dir])).out).toContain('the secret');

  const refused = await clatter(['dead', 'replay', '0:248', '--data', dir]);
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toContain('0:248 cannot be replayed: no command');

  const replayed = await clatter(['dead', 'replay', '0:249', '--data', dir]);
  expect(replayed).toMatchObject({ code: 0, err: '' });
  const [record, ...others] = await withLog(commandsOf);
  expect(others).toEqual([]);
  expect(replayed.out).toContain(`0:249 → clatter.commands ${record?.partition}:${record?.offset}: command ${ID}`);
  expect(record).toMatchObject({ key: CONVERSATION, headers: { schema: 'messages.v1.Command' } });
  expect(record?.headers.traceparent).toContain('0af7651916cd43dd8448eb211c80319c');
  const again = Command.decode(record?.value as Uint8Array);
  expect(again).toMatchObject({ ...Command.decode(poison), retry: true, knownSeq: undefined, replyTo: undefined });
});

it('says that there are none', async () => {
  await withLog(async () => undefined);
  expect(await clatter(['dead', 'list', '--data', dir])).toEqual({ code: 0, out: '', err: 'no dead letters\n' });
});

it('says in a line what is wrong, and ends with 1', async () => {
  const failure = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { code, out, err } = await clatter(['dead', ...args], env);
    expect({ code, out, lines: err.split('\n').length }).toEqual({ code: 1, out: '', lines: 2 });
    return err;
  };
  expect(await failure(['list'])).toContain('set CLATTER_KAFKA_BROKERS, or name the data folder');
  expect(await failure(['list', '--data', dir])).toContain(`${dir} is no data folder`);
  expect(existsSync(dir)).toBe(false);
  expect(await failure(['list'], { CLATTER_KAFKA_BROKERS: 'nowhere' })).toContain(
    'CLATTER_KAFKA_BROKERS: want brokers',
  );
  await withLog(async (log) => {
    await bury(log, 0, poison);
    expect(await failure(['list', '--data', dir])).toContain(`is in use by process ${process.pid}`);
  });
  expect(await failure(['show', 'x', '--data', dir])).toContain('Want <partition>:<offset>');
  expect(await failure(['show', '0:5', '--data', dir])).toContain('no letter at 0:5: partition 0 of clatter.dead has');
  expect(await failure(['replay', '7:0', '--data', dir])).toContain('partitions 0 to 0: there is no letter at 7:0');
});
