import { ManualClock } from '@clatter/runtime/testing';
import { ClatterError } from '@clatter/wire';
import { expect, test } from 'vitest';
import { CommandRouter, InFlight } from './command-router.ts';
import { noCounter, SmallProducer } from './test/small-parts.ts';
import { idOf } from './test/test-gateway.ts';

function setUp(inFlightMax = 100) {
  const clock = new ManualClock();
  const producer = new SmallProducer();
  const pulse = { earliestMs: 17 };
  const router = new CommandRouter({ producer, clock, pulse, inFlightMax, commands: noCounter, rules: () => 3 });
  const refused: [number, string][] = [];
  /** Of each block: opens it, once the client has read its refusals. */
  const reads: (() => void)[] = [];
  const connection = (): InFlight => new InFlight((unblock) => reads.push(unblock));
  const produce = (inFlight: InFlight, conversation: number, command: number, retry = false): void =>
    router.produce(inFlight, { conversationId: idOf(conversation), commandId: idOf(command), retry }, ({ code }) =>
      refused.push([command, code]),
    );
  return { clock, producer, router, refused, reads, connection, produce };
}

test('a failure reaches back no further than itself, and not to other conversations and connections', async () => {
  const { clock, producer, refused, connection, produce } = setUp();
  producer.mode = 'by hand';
  const [one, two] = [connection(), connection()];
  for (const command of [1, 2, 3]) produce(one, 10, command);
  produce(one, 20, 4);
  produce(two, 10, 5);
  producer.waiting[1]?.reject(new ClatterError('UNAVAILABLE', ''));
  await clock.advance(0);
  expect(refused).toEqual([
    [2, 'UNAVAILABLE'],
    [3, 'UNAVAILABLE'],
  ]);
  for (const index of [0, 2, 3, 4]) producer.waiting[index]?.resolve();
  await clock.advance(0);
  expect([one.count, two.count]).toEqual([0, 0]);
  expect([...one.lanes.keys()]).toEqual([idOf(10)]);
  expect(two.lanes.size).toBe(0);
});

test('whatever the log says, the client hears UNAVAILABLE or the code that is meant for it', async () => {
  const { clock, producer, refused, connection, produce } = setUp();
  producer.mode = 'by hand';
  produce(connection(), 10, 1);
  produce(connection(), 10, 2);
  producer.waiting[0]?.reject(new Error('ECONNRESET'));
  producer.waiting[1]?.reject(new ClatterError('TOO_LARGE', ''));
  await clock.advance(0);
  expect(refused).toEqual([
    [1, 'UNAVAILABLE'],
    [2, 'TOO_LARGE'],
  ]);
});

test('a repeat of the first that was refused opens the conversation, a repeat of something else does not', async () => {
  const { clock, producer, refused, reads, connection, produce } = setUp();
  const one = connection();
  producer.mode = 'refuse';
  produce(one, 10, 1);
  await clock.advance(0);
  producer.mode = 'at once';
  produce(one, 10, 2, true);
  produce(one, 10, 3);
  expect(refused.map(([command]) => command)).toEqual([1, 2, 3]);
  expect(reads).toHaveLength(1);
  produce(one, 10, 1, true);
  produce(one, 10, 2, true);
  await clock.advance(0);
  expect(producer.commands.map(({ commandId }) => commandId)).toEqual([idOf(1), idOf(2)]);
  expect(one.lanes.size).toBe(0);
});

test('a repeat that fails again blocks again', async () => {
  const { clock, producer, refused, reads, connection, produce } = setUp();
  const one = connection();
  producer.mode = 'refuse';
  produce(one, 10, 1);
  await clock.advance(0);
  produce(one, 10, 1, true);
  await clock.advance(0);
  produce(one, 10, 2, true);
  expect(refused).toHaveLength(3);
  expect(reads).toHaveLength(2);
});

test('a later one of the refused that comes again first opens nothing: the first is behind it', async () => {
  // Bug: any refused id, sent again and marked, opened the conversation, so that a repeat that was on its way came before the first.
  const { clock, producer, refused, connection, produce } = setUp();
  const one = connection();
  producer.mode = 'refuse';
  for (const command of [1, 2, 3]) produce(one, 10, command);
  await clock.advance(0);
  producer.mode = 'at once';
  produce(one, 10, 3, true);
  produce(one, 10, 2, true);
  for (const command of [1, 2, 3]) produce(one, 10, command, true);
  await clock.advance(0);
  expect(refused.map(([command]) => command)).toEqual([1, 2, 3, 3, 2]);
  expect(producer.commands.map(({ commandId }) => commandId)).toEqual([1, 2, 3].map(idOf));
});

test('what fails in the log after a later one was refused is the first of them', async () => {
  // Bug: the later one opened the conversation again, and came before what had failed since.
  const { clock, producer, refused, connection, produce } = setUp(1);
  const one = connection();
  producer.mode = 'by hand';
  produce(one, 10, 1);
  produce(one, 10, 2);
  expect(refused).toEqual([[2, 'RATE_LIMITED']]);
  producer.waiting[0]?.reject(new ClatterError('UNAVAILABLE', ''));
  await clock.advance(0);
  expect(refused.map(([command]) => command)).toEqual([2, 1]);
  producer.mode = 'at once';
  produce(one, 10, 2, true);
  expect(refused.map(([command]) => command)).toEqual([2, 1, 2]);
  produce(one, 10, 1, true);
  await clock.advance(0);
  produce(one, 10, 2, true);
  await clock.advance(0);
  expect(refused).toHaveLength(3);
});

test('a refusal that was read opens what it blocked, and nothing that was blocked since', async () => {
  // Bug: the pong of an older refusal opened a conversation whose newest refusal its client had not read.
  const { clock, producer, refused, reads, connection, produce } = setUp();
  const one = connection();
  producer.mode = 'refuse';
  produce(one, 10, 1);
  await clock.advance(0);
  produce(one, 10, 1, true);
  await clock.advance(0);
  producer.mode = 'at once';
  reads[0]?.();
  produce(one, 10, 2);
  expect(refused.map(([command]) => command)).toEqual([1, 1, 2]);
  reads[1]?.();
  produce(one, 10, 3);
  await clock.advance(0);
  expect(refused).toHaveLength(3);
  expect(one.lanes.size).toBe(0);
});

test('a command is stamped with the earliest time at which it can have come', async () => {
  const { clock, producer, connection, produce } = setUp();
  producer.mode = 'at once';
  produce(connection(), 10, 1);
  await clock.advance(0);
  expect(producer.commands.map(({ receivedAtMs }) => receivedAtMs)).toEqual([17]);
});

test('a command names the rules that it is to be decided by', async () => {
  const { clock, producer, connection, produce } = setUp();
  producer.mode = 'at once';
  produce(connection(), 10, 1);
  await clock.advance(0);
  expect(producer.sent.map(({ record }) => record.headers?.rules)).toEqual(['3']);
});

test('after 30 s without an answer a command and those behind it are refused, once', async () => {
  const { clock, producer, router, refused, connection, produce } = setUp();
  producer.mode = 'by hand';
  const one = connection();
  produce(one, 10, 1);
  await clock.advance(29_000);
  produce(one, 10, 2);
  produce(one, 20, 3);
  await clock.advance(2000);
  expect(refused).toEqual([
    [1, 'UNAVAILABLE'],
    [2, 'UNAVAILABLE'],
  ]);
  for (const { reject } of producer.waiting) reject(new Error('late'));
  await clock.advance(0);
  expect(refused).toHaveLength(3);
  expect(one.count).toBe(0);
  await clock.advance(2000);
  expect(clock.waiting).toBe(0);
  router.close();
});

test('signals that cannot be sent are lost without a word', async () => {
  const { clock, producer, router } = setUp();
  producer.mode = 'refuse';
  router.signal({ conversationId: idOf(1), userId: idOf(2), typing: { activity: 'TYPING' } });
  await clock.advance(0);
});
