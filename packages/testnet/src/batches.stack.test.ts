/** What a batch of commands costs on the real servers, by the counters of the processes: the work is per batch, whatever comes in it. */
import { topics } from '@clatter/log';
import { conversationIdOf, partitionOf } from '@clatter/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ClusterNet, RawSocket, until } from './index.ts';

/** Partitions of clatter.commands, conversations in each, and messages to each of these. */
const PARTITIONS = [7, 77, 177, 250];
const CONVERSATIONS = 3;
const MESSAGES = 20;

let net: ClusterNet;
beforeAll(async () => {
  net = await ClusterNet.start({ counts: { gateway: 2, messages: 2 } });
});
afterAll(() => net?.[Symbol.asyncDispose]());

/** Somebody who is no client: it sends no receipts, which would be located and delivered too. */
async function person(name: string): Promise<{ userId: string; token: string }> {
  const account = { username: name, password: 'correct horse battery', displayName: name };
  const { body } = await net.http('POST', '/v1/accounts', account);
  return { userId: body.user.userId, token: body.session.accessToken };
}

/** A group whose log is in a partition. */
async function group(partition: number, token: string, userId: string, memberIds: string[]): Promise<string> {
  let commandId: string;
  do commandId = crypto.randomUUID();
  while (partitionOf(conversationIdOf(userId, commandId), topics.commands.partitions) !== partition);
  const { body } = await net.http(
    'POST',
    '/v1/conversations',
    { kind: 'group', title: 'g', memberIds, commandId },
    token,
  );
  return body.conversation.conversationId;
}

const events = ({ frames }: RawSocket): number => frames.filter(({ event }) => event?.message).length;

it('one mutation a conversation, one produce, one Locate, and a delivery to each gateway with a recipient', async () => {
  const [alice, bob, carol] = await Promise.all([person('alice'), person('bob'), person('carol')]);
  const ids: string[] = [];
  for (const partition of PARTITIONS)
    for (let i = 0; i < CONVERSATIONS; i++)
      ids.push(await group(partition, alice.token, alice.userId, [bob.userId, carol.userId]));
  const [one, two] = net.cluster.members
    .filter(({ service }) => service === 'gateway')
    .map(({ httpPort }) => `http://127.0.0.1:${httpPort}`) as [string, string];
  // Bob has two connections to one gateway, Carol has none.
  const [sender, other, device] = await Promise.all([
    RawSocket.hello(one, alice.token),
    RawSocket.hello(two, bob.token),
    RawSocket.hello(two, bob.token),
  ]);
  const owners = net.cluster.processes.filter(({ name }) => name.startsWith('messages'));
  const sent = ids.length * MESSAGES;

  const [before, produced] = [await net.metrics('messages'), await appended()];
  // All is in the log before anybody reads it, so that the batches are large.
  for (const owner of owners) owner.signal('SIGSTOP');
  for (let i = 0; i < sent; i++) {
    const send = {
      conversationId: ids[i % ids.length],
      messageId: crypto.randomUUID(),
      content: { text: { body: 'm' } },
    };
    (Math.floor(i / ids.length) % 2 === 0 ? sender : other).send({ ref: 2 + i, send });
  }
  await until('all commands to be in the log', async () => (await appended()) === produced + sent);
  for (const owner of owners) owner.signal('SIGCONT');
  for (const socket of [sender, other, device])
    await until('everybody to have all', () => events(socket) === sent, 30_000);
  const fed = 'clatter_log_appended_records_total';
  const fedBefore = before.get(fed) as number;
  await until('the feed to have all', async () => (await net.metrics('messages')).get(fed) === fedBefore + sent);
  const after = await net.metrics('messages');
  const counted = (name: string): number => (after.get(name) as number) - (before.get(name) as number);

  const batches = counted('clatter_messages_batches_total');
  expect(counted('clatter_messages_commands_total')).toBe(sent);
  expect(counted('clatter_messages_events_total')).toBe(sent);
  // Were the batches small, what follows would say nothing.
  expect(batches).toBeLessThanOrEqual(sent / 10);
  const conversations = counted('clatter_messages_batch_conversations_total');
  expect(conversations).toBeGreaterThanOrEqual(ids.length);
  expect(counted('clatter_messages_store_mutations_total')).toBe(conversations);
  // What follows a batch whose produce is still under way goes along with the next.
  expect(counted('clatter_log_produce_batches_total')).toBeLessThanOrEqual(batches);
  // Batches of several partitions may share one.
  expect(counted('clatter_messages_locates_total')).toBeLessThanOrEqual(batches);
  // Of each message its sender's gateway has an answer, both have the event, and bob's has it once for both of his connections.
  expect(counted('clatter_messages_delivery_frames_total')).toBe(3 * sent);
  // Answers leave before the events, which have to wait for Locate.
  expect(counted('clatter_messages_deliveries_total')).toBeLessThanOrEqual(2 * 2 * batches);
  for (const socket of [sender, other, device]) socket.close();
});

/** Commands that gateways have appended to the log. */
async function appended(): Promise<number> {
  return (await net.metrics('gateway')).get('clatter_log_appended_records_total') as number;
}
