/** Logs of commands that are not what they were: nothing of them is applied or skipped, and the way on is that of docs/operations.md. */
import { topics } from '@clatter/log';
import { KafkaOperator } from '@clatter/log/operator';
import { directConversationId, partitionOf } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { afterEach, expect, it } from 'vitest';
import { ClusterNet, testServers, until } from './index.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Nothing, where it is only that nobody answers yet. */
function whenAway(error: unknown): undefined {
  if (!(error instanceof ClatterError) || error.code !== 'UNAVAILABLE') throw error;
}

const partitionBetween = (a: string, b: string): number =>
  partitionOf(directConversationId(a, b), topics.commands.partitions);

async function setUp() {
  const net = await ClusterNet.start();
  closers.push(() => net[Symbol.asyncDispose]());
  const operator = new KafkaOperator(testServers().kafka);
  closers.push(() => operator.close());
  const [alice, bob] = await Promise.all([net.person('alice'), net.person('bob')]);
  const { conversationId } = await alice.openDirect(bob.userId);
  for (const text of ['one', 'two', 'three']) await alice.send(conversationId, text).acked;
  const partition = partitionOf(conversationId, topics.commands.partitions);
  const [topic, group] = [`${net.cluster.prefix}${topics.commands.name}`, `${net.cluster.prefix}messages`];

  /** Sends what must neither be acknowledged nor lost while the partition is halted. */
  const acked: string[] = [];
  const send = (...texts: readonly string[]): Promise<void>[] =>
    texts.map((text) => alice.send(conversationId, text).acked.then(() => void acked.push(text)));
  const halted = async (): Promise<number> =>
    (await net.metrics('messages')).get('clatter_messages_halted_partitions') ?? 0;
  const messages = net.cluster.processes.filter(({ name }) => name.startsWith('messages'));
  /** What /readyz of a messages process says, and its log. */
  const told = async (what: RegExp): Promise<void> => {
    await until(`/readyz to tell ${what}`, async () => {
      const states = await net.cluster.states();
      return states.some(({ name, health }) => name.startsWith('messages') && what.test(health));
    });
    const logs = messages.map(({ log }) => log).join('');
    expect(logs).toMatch(/"a partition is halted"/);
    expect(logs).toMatch(what);
  };
  /** All that was sent, once and in order, on both sides. */
  const complete = async (...texts: readonly string[]): Promise<void> => {
    for (const person of [alice, bob]) {
      const { events } = await person.history(conversationId);
      expect(events.flatMap(({ message }) => message?.content?.text?.body ?? [])).toEqual(texts);
    }
    await until('bob to have all', () => bob.events(conversationId).at(-1)?.seq === texts.length + 1, 30_000);
  };
  return { net, operator, alice, bob, partition, topic, group, send, acked, halted, messages, told, complete };
}

it('a topic that was deleted and made anew', async () => {
  const { net, operator, topic, group, send, acked, halted, messages, told, complete } = await setUp();
  await operator.deleteTopic(topic);
  const waiting = send('four', 'five');
  // Whichever process starts next makes the topic.
  const maker = net.cluster.process('notifications-1');
  await maker.stop();
  await maker.spawn();
  await until('all partitions to halt', async () => (await halted()) === topics.commands.partitions, 60_000);
  await told(/not the log it was: .*deleted and made anew \(id \S+ then, \S+ now\)/);
  // A restart alone skips nothing, whether the group's offset is found to be beyond the new log or the store to be of the old one.
  for (const daemon of messages) await daemon.stop();
  for (const daemon of messages) await daemon.spawn();
  await until('the partition to halt again', async () => (await halted().catch(() => 0)) > 0, 60_000);
  await told(/the store was built from log \S+, this is \S+|want offset \d+, but it ends before that/);
  expect(acked).toEqual([]);

  expect(await net.cluster.stop()).toEqual([]);
  const all = Array.from({ length: topics.commands.partitions }, (_, partition) => partition);
  await operator.resetOffsets(group, topic, all, 'latest');
  await net.cluster.start({ CLATTER_MESSAGES_EPOCH: '1' });
  await Promise.all(waiting);
  await Promise.all(send('six'));
  expect(await halted()).toBe(0);
  await complete('one', 'two', 'three', 'four', 'five', 'six');
});

it('a partition that lost what nobody had read', async () => {
  const { net, operator, alice, partition, topic, group, send, acked, halted, messages, told, complete } =
    await setUp();
  for (const daemon of messages) expect(await daemon.stop()).toBe(true);
  const appended = async (): Promise<number> =>
    (await net.metrics('gateway')).get('clatter_log_appended_records_total') as number;
  const before = await appended();
  const waiting = send('four', 'five');
  await until('them to be in the log', async () => (await appended()) === before + 2);
  await operator.deleteRecords(topic, partition);
  for (const daemon of messages) await daemon.spawn();
  await until('the partition to halt', async () => (await halted().catch(() => 0)) > 0, 60_000);
  await told(/not the log it was: want offset \d+, but it begins at \d+/);
  // What comes now is behind those that are gone, and nobody may decide it before them.
  waiting.push(...send('six'));
  // The other partitions go on.
  let carol = await net.person('carol');
  for (let i = 0; partitionBetween(alice.userId, carol.userId) === partition; i++)
    carol = await net.person(`carol${i}`);
  // The gateways reach the processes that have just started when their back-off ends.
  const elsewhere = await until(
    'a gateway to reach messages',
    () => carol.openDirect(alice.userId).catch(whenAway),
    30_000,
  );
  await carol.send(elsewhere.conversationId, 'elsewhere').acked;
  expect(acked).toEqual([]);

  expect(await net.cluster.stop()).toEqual([]);
  await operator.resetOffsets(group, topic, [partition], 'latest');
  await net.cluster.start({ CLATTER_MESSAGES_EPOCH: '1' });
  await Promise.all(waiting);
  expect(await halted()).toBe(0);
  await complete('one', 'two', 'three', 'four', 'five', 'six');
});
