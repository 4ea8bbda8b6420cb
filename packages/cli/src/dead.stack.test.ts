/** On a whole platform of separate processes, while it runs. */
import { Command, DeadLetter } from '@clatter/contracts/messages';
import { createKafkaLog, type EventLog, kafkaConfig, kafkaConnection, topics } from '@clatter/log';
import { createLogger, loadConfig, randomIds, systemClock } from '@clatter/runtime';
import { ClusterNet, until } from '@clatter/testnet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clatter, type Ended } from './test/program.ts';

let net: ClusterNet;
let log: EventLog;
beforeAll(async () => {
  net = await ClusterNet.start();
  const config = loadConfig(kafkaConfig, net.kafkaEnv);
  log = createKafkaLog({
    connection: kafkaConnection(config, 'test'),
    prefix: config.CLATTER_KAFKA_PREFIX,
    clock: systemClock,
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
  await until('Kafka', () => log.health().ok);
});
afterAll(async () => {
  await log?.close();
  await net?.[Symbol.asyncDispose]();
});

const dead = (...args: readonly string[]): Promise<Ended> => clatter(['dead', ...args], net.kafkaEnv);
const listed = async (reason: string): Promise<string | undefined> =>
  (await dead('list')).out.split('\n').find((line) => line.includes(reason));

it('lists, shows and replays a command that could not be applied, and it is applied once', async () => {
  const [alice, bob] = await net.people('alice', 'bob');
  if (!alice || !bob) throw new Error('want two people');
  const { conversationId } = await alice.openDirect(bob.userId);
  const commandId = randomIds.v7();
  const command = Command.create({
    conversationId,
    senderId: alice.userId,
    commandId,
    receivedAtMs: Date.now(),
    send: { content: { text: { body: 'out of the grave', mentions: [] } } },
  });
  const reason = 'a bug that is mended since';
  const letter = { topic: topics.commands.name, partition: 5, offset: 77, reason, value: Command.encode(command) };
  await log.producer().send(topics.dead.name, { key: conversationId, value: DeadLetter.encode(letter) });

  const line = (await listed(reason)) ?? '';
  expect(line).toContain('clatter.commands 5:77');
  const address = line.split(' ')[0] as string;
  const shown = await dead('show', address);
  expect(shown).toMatchObject({ code: 0, err: '' });
  expect(shown.out).toContain(commandId);
  expect(shown.out).not.toContain('grave');

  const arrived: string[] = [];
  bob.on('event', ({ message }) => void (message && arrived.push(message.messageId)));
  for (let times = 0; times < 2; times++) {
    const replayed = await dead('replay', address);
    expect(replayed).toMatchObject({ code: 0, err: '' });
    expect(replayed.out).toMatch(new RegExp(`^${address} → clatter.commands \\d+:\\d+: command ${commandId}`));
  }
  await until('the message to arrive', () => arrived.includes(commandId), 60_000);
  // Behind both copies.
  await alice.send(conversationId, 'the next').acked;
  const { events } = await bob.history(conversationId);
  expect(events.flatMap(({ message }) => (message ? [message.content?.text?.body] : []))).toEqual([
    'out of the grave',
    'the next',
  ]);
});

it('keeps a command of a version to come whole, and refuses to replay it', async () => {
  // Bug: the letter had the command as this version writes it, without what it does not know.
  const [carol] = await net.people('carol');
  if (!carol) throw new Error('want carol');
  const { conversationId } = await carol.createGroup('here', []);
  const command = Command.create({
    conversationId,
    senderId: carol.userId,
    commandId: randomIds.v7(),
    receivedAtMs: Date.now(),
  });
  // A body with the number 1000: 3 bytes of content.
  const value = Buffer.concat([Command.encode(command), Buffer.from([0xc2, 0x3e, 3, 1, 2, 3])]);
  const { partition, offset } = await log.producer().send(topics.commands.name, { key: conversationId, value });
  const source = `clatter.commands ${partition}:${offset} `;
  const line = await until('the letter', () => listed(source), 60_000);
  const address = line.split(' ')[0] as string;
  const shown = await dead('show', address, '--content');
  expect(shown.out).toContain(value.toString('base64'));
  const refused = await dead('replay', address);
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toContain('no body that it can read');
});

it('refuses to replay what is no command', async () => {
  const { partition, offset } = await log
    .producer()
    .send(topics.commands.name, { key: randomIds.v7(), value: Buffer.from('garbage') });
  const line = await until('the letter', () => listed(`clatter.commands ${partition}:${offset} `), 60_000);
  expect(line).toContain('not a command');
  const refused = await dead('replay', line.split(' ')[0] as string);
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toContain('no command');
});

it('says where nothing is', async () => {
  const nowhere = await dead('show', '3:999999');
  expect(nowhere).toMatchObject({ code: 1, out: '' });
  expect(nowhere.err).toContain('there is no letter at 3:999999');
  const elsewhere = await clatter(['dead', 'list'], { ...net.kafkaEnv, CLATTER_KAFKA_PREFIX: 'nobody.has.this.' });
  expect(elsewhere).toMatchObject({ code: 1, out: '' });
  expect(elsewhere.err).toMatch(/topics are missing in Kafka: .*nobody\.has\.this\.clatter\.dead/);
});
