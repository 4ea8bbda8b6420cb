/** Who at a gateway gets the frames of a channel, through the hub. */
import type { OwnChannel } from '@clatter/contracts/messages';
import { ClatterError, encodeServerFrame, type Input } from '@clatter/wire';
import { expect, test } from 'vitest';
import { idOf, TestGateway } from './test/test-gateway.ts';

const CHANNEL = idOf(500);
const encoder = new TextEncoder();

/** A gateway beside messages that says who is in which channels. */
function setUp() {
  const members = new Map<string, Input<OwnChannel>[]>();
  const asked: string[][] = [];
  const messages = { away: false, gate: Promise.resolve() };
  const gateway = new TestGateway(
    {},
    {
      channelsOf: async ({ userIds = [] }) => {
        asked.push([...userIds]);
        const people = userIds.map((id) => ({ channels: members.get(id) ?? [], count: 0 }));
        await messages.gate;
        if (messages.away) throw new ClatterError('UNAVAILABLE', 'messages is away');
        return { people };
      },
    },
  );
  const isMember = (number: number, joinedSeq = 1, visibleFromSeq = joinedSeq): void =>
    void members.set(idOf(number), [{ conversationId: CHANNEL, joinedSeq, visibleFromSeq }]);
  const isNone = (number: number): void => void members.delete(idOf(number));
  /** The frame of an event. */
  const news = async (seq: number, more: object = {}, resyncAll = false): Promise<void> => {
    const frame = { event: { conversationId: CHANNEL, seq } };
    const json = encoder.encode(encodeServerFrame('json', frame) as string);
    const proto = encodeServerFrame('proto', frame) as Uint8Array;
    const channel = { conversationId: CHANNEL, seq, ...more };
    const taken = gateway.hub.deliver({ resyncAll, deliveries: [{ json, proto, channel }] });
    await gateway.settle();
    await taken;
  };
  const interested = (): boolean => gateway.presence.channels.has(CHANNEL);
  return { gateway, asked, messages, isMember, isNone, news, interested };
}

type Client = Awaited<ReturnType<TestGateway['live']>>;
const seqs = ({ socket }: Client): number[] => socket.frames.flatMap(({ event }) => (event ? [event.seq] : []));

test('members get the frames of their channel, in their encoding, and the others do not', async () => {
  const { gateway, isMember, news, interested } = setUp();
  isMember(1);
  isMember(2);
  expect(interested()).toBe(false);
  const [json, proto, other] = [await gateway.live(1), await gateway.live(2, 'proto'), await gateway.live(3)];
  expect(interested()).toBe(true);
  for (const seq of [5, 6]) await news(seq);
  expect([seqs(json), seqs(proto), seqs(other)]).toEqual([[5, 6], [5, 6], []]);
});

test('interest is registered before a client may sync, and ends with the last member', async () => {
  const { gateway, isMember, interested } = setUp();
  isMember(1);
  isMember(2);
  const [one, two] = [await gateway.live(1), await gateway.live(2)];
  const { calls } = gateway.presence;
  expect(calls.indexOf('interest 1 0')).toBeGreaterThan(calls.indexOf('register 1'));
  one.connection.onClosed();
  await gateway.settle();
  expect(interested()).toBe(true);
  two.connection.onClosed();
  await gateway.settle();
  expect(interested()).toBe(false);
});

test('a frame that brings the first member is answered once the interest is registered', async () => {
  const { gateway, news, interested } = setUp();
  const client = await gateway.live(1);
  let open = (): void => undefined;
  gateway.presence.gate = new Promise((resolve) => {
    open = resolve;
  });
  let taken = false;
  const first = news(7, { joinedIds: [idOf(1), idOf(9)], visibleFromSeq: 7 }).then(() => {
    taken = true;
  });
  await gateway.settle();
  expect([taken, seqs(client)]).toEqual([false, [7]]);
  open();
  await first;
  expect([taken, interested()]).toEqual([true, true]);
  await news(8);
  expect(seqs(client)).toEqual([7, 8]);
});

test('whoever leaves gets the event of that, and nothing after it on any socket', async () => {
  const { gateway, isMember, news } = setUp();
  isMember(1);
  isMember(2);
  const [phone, laptop, other] = [await gateway.live(1), await gateway.live(1), await gateway.live(2)];
  await news(5, { leftIds: [idOf(1)] });
  await news(6);
  expect([seqs(phone), seqs(laptop), seqs(other)]).toEqual([[5], [5], [5, 6]]);
  // Who is back gets what follows from there on; what an old owner still tells of the time before changes nothing.
  await news(8, { joinedIds: [idOf(1)], visibleFromSeq: 8 });
  await news(5, { leftIds: [idOf(1)] });
  await news(7);
  await news(9);
  expect(seqs(phone)).toEqual([5, 8, 9]);
});

test('whoever left is brought back by nothing that is older', async () => {
  const { gateway, isMember, news } = setUp();
  isMember(1);
  const client = await gateway.live(1);
  await news(5, { leftIds: [idOf(1)] });
  await news(3, { joinedIds: [idOf(1)], visibleFromSeq: 3 });
  await news(6);
  expect(seqs(client)).toEqual([5]);
});

test('whoever leaves while it is asked which channels they are in is in none', async () => {
  const { gateway, messages, isMember, news } = setUp();
  isMember(1, 2);
  let answer = (): void => undefined;
  messages.gate = new Promise((resolve) => {
    answer = resolve;
  });
  const client = await gateway.live(1);
  await news(5, { leftIds: [idOf(1)] });
  answer();
  await gateway.settle();
  await news(6);
  expect(seqs(client)).toEqual([]);
});

test('the content of an edit goes to those who see its message', async () => {
  const { gateway, isMember, news } = setUp();
  isMember(1, 1);
  isMember(2, 10);
  const [early, late] = [await gateway.live(1), await gateway.live(2)];
  await news(20, { onlySeersOf: 4 });
  await news(21, { onlyBlindTo: 4 });
  expect([seqs(early), seqs(late)]).toEqual([[20], [21]]);
});

test('after a loss no socket gets more before its channels were asked for again, and then it syncs', async () => {
  // The frame that said who went may be what was lost.
  const { gateway, isMember, isNone, news } = setUp();
  isMember(1);
  isMember(2);
  const [gone, stays] = [await gateway.live(1), await gateway.live(2)];
  isNone(1);
  await news(9, {}, true);
  expect([seqs(gone), seqs(stays)]).toEqual([[], []]);
  await gateway.clock.advance(11_000);
  for (const client of [gone, stays])
    expect(client.socket.frames.some(({ resync }) => resync !== undefined)).toBe(true);
  await news(10);
  expect([seqs(gone), seqs(stays)]).toEqual([[], [10]]);
});

test('a registry that forgot the interests is told them again, and all sync', async () => {
  const { gateway, isMember, isNone, news, interested } = setUp();
  isMember(1);
  isMember(2);
  const [gone, stays] = [await gateway.live(1), await gateway.live(2)];
  void gateway.hub.start();
  await gateway.settle();
  gateway.presence.channels.clear();
  isNone(1);
  await gateway.clock.advance(30_000);
  expect(interested()).toBe(true);
  expect(stays.socket.frames.some(({ resync }) => resync !== undefined)).toBe(true);
  await news(10);
  expect([seqs(gone), seqs(stays)]).toEqual([[], [10]]);
});

test('where messages cannot be asked the client is let in, and syncs once it is known what it is in', async () => {
  const { gateway, messages, isMember, news } = setUp();
  isMember(1);
  messages.away = true;
  const client = gateway.open();
  client.send({ ref: 1, hello: { token: gateway.token(1), deviceId: 'device' } });
  await gateway.settle();
  expect(client.socket.frames.some(({ welcome }) => welcome !== undefined)).toBe(true);
  await news(5);
  expect(seqs(client)).toEqual([]);
  messages.away = false;
  await gateway.clock.advance(10_000);
  expect(client.socket.frames.some(({ resync }) => resync !== undefined)).toBe(true);
  await news(6);
  expect(seqs(client)).toEqual([6]);
});

test('of a channel no receipt of what was delivered goes on', async () => {
  const { gateway, isMember } = setUp();
  isMember(1);
  const client = await gateway.live(1);
  await client.say({ receipt: { conversationId: CHANNEL, deliveredSeq: 9, readSeq: 0 } });
  await client.say({ receipt: { conversationId: CHANNEL, deliveredSeq: 9, readSeq: 4 } });
  await client.say({ receipt: { conversationId: idOf(501), deliveredSeq: 9, readSeq: 0 } });
  expect(gateway.producer.signals.map(({ receipt }) => [receipt?.deliveredSeq, receipt?.readSeq])).toEqual([
    [4, 4],
    [9, 0],
  ]);
});
