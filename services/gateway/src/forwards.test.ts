import type { MessagesService } from '@clatter/contracts/messages';
import { ClatterError, type Event, type Input } from '@clatter/wire';
import { describe, expect, test } from 'vitest';
import { readForward } from './forwards.ts';
import { idOf, TestGateway } from './test/test-gateway.ts';

const [SOURCE, TARGET, ANN] = [idOf(20), idOf(10), idOf(5)];

/** Messages with one event, at seq 3 of the source. */
const holding = (message: Input<Event>['message'], kind: 'group' | 'channel' = 'group'): Partial<MessagesService> => ({
  history: async ({ history }) => ({
    page: {
      events:
        history?.conversationId === SOURCE
          ? [{ conversationId: SOURCE, seq: 3, senderId: ANN, sentAtMs: 1000, message }]
          : [],
    },
  }),
  getConversation: async () => ({ conversation: { kind } }),
});
const passOn = (messages: Partial<MessagesService>, targetId = TARGET, seq = 3) =>
  readForward(messages as MessagesService, idOf(1), targetId, { conversationId: SOURCE, seq });
const hi = { text: { body: 'hi @Ann', mentions: [{ start: 3, length: 4, userId: ANN }] } };

describe('what is passed on', () => {
  test('says who said it first, not where, and calls nobody', async () => {
    expect(await passOn(holding({ content: hi }))).toEqual({
      content: { text: { body: 'hi @Ann', mentions: [] } },
      forwarded: { senderId: ANN, sentAtMs: 1000, hops: 1 },
    });
  });

  test('names a channel, and the conversation that it is passed on in', async () => {
    const place = { conversationId: SOURCE, seq: 3 };
    expect((await passOn(holding({ content: hi }, 'channel'))).forwarded).toMatchObject(place);
    expect((await passOn(holding({ content: hi }), SOURCE)).forwarded).toMatchObject(place);
  });

  test('keeps its first sender, and counts up to five', async () => {
    const forwarded = { senderId: idOf(7), sentAtMs: 500, hops: 1 };
    expect((await passOn(holding({ content: hi, forwarded }))).forwarded).toEqual({ ...forwarded, hops: 2 });
    const often = { ...forwarded, hops: 5 };
    expect((await passOn(holding({ content: hi, forwarded: often }))).forwarded).toEqual(often);
  });

  test('moves no more', async () => {
    const location = { latitude: 1, longitude: 2, accuracyM: 0, name: 'van', liveForMs: 60_000 };
    expect((await passOn(holding({ content: { location } }))).content).toEqual({
      location: { ...location, liveForMs: 0 },
    });
  });

  test('is no poll', async () => {
    const poll = { question: '?', options: ['a', 'b'] };
    expect(await passOn(holding({ content: { poll } }))).toEqual({
      refusal: { code: 'INVALID', message: 'forward.seq: want what is no poll' },
    });
  });

  test.each<[string, Partial<MessagesService>, number]>([
    ['was deleted', holding({ deleted: true }), 3],
    ['is no message', holding(undefined), 3],
    ['is another one', holding({ content: hi }), 4],
    [
      'may not be seen',
      {
        history: async () => {
          throw new ClatterError('NOT_A_MEMBER', 'conversationId: you are no longer a member');
        },
      },
      3,
    ],
  ])('and %s goes to the log with the reason', async (_, messages, seq) => {
    expect(await passOn(messages, TARGET, seq)).toEqual({
      refusal: { code: 'NOT_FOUND', message: `forward.seq: want a message that you may see, and ${seq} is none` },
    });
  });
});

describe('a forward on a socket', () => {
  const forward = (conversation: number, message: number) =>
    ({
      ref: message,
      send: {
        conversationId: idOf(conversation),
        messageId: idOf(message),
        forward: { conversationId: SOURCE, seq: 3 },
      },
    }) as const;

  test('holds back what was sent behind it in its conversation, and nothing else', async () => {
    let open = (): void => undefined;
    const read = new Promise<void>((resolve) => {
      open = resolve;
    });
    const messages = holding({ content: hi });
    const gateway = new TestGateway(
      {},
      { ...messages, history: (asked) => read.then(() => (messages as MessagesService).history(asked)) },
    );
    const client = await gateway.live();
    client.send(forward(10, 2));
    client.message(10, 3);
    client.message(11, 4);
    await client.say(forward(10, 5));
    const ids = () => gateway.producer.commands.map(({ commandId }) => commandId);
    expect(ids()).toEqual([idOf(4)]);
    open();
    await gateway.settle();
    expect(ids()).toEqual([4, 2, 3, 5].map(idOf));
    expect(gateway.producer.commands[1]).toMatchObject({
      senderId: idOf(1),
      send: { forwarded: { senderId: ANN, hops: 1 } },
    });
  });

  test('that cannot be read now is refused for now, with all behind it', async () => {
    const gateway = new TestGateway(
      {},
      {
        history: async () => {
          throw new ClatterError('UNAVAILABLE', 'messages is away');
        },
      },
    );
    const client = await gateway.live();
    client.send(forward(10, 2));
    client.message(10, 3);
    await client.say({ ref: 9, ping: {} });
    expect(client.rejects()).toEqual({ 2: 'UNAVAILABLE', 3: 'UNAVAILABLE' });
    expect(gateway.producer.commands).toEqual([]);
  });

  test.each([
    ['with a content beside it', { content: { text: { body: 'x' } } }, 'send: want only one of content and forward'],
    ['of no conversation', { forward: { conversationId: 'x', seq: 3 } }, 'send.forward.conversationId: want a UUID'],
    ['of no message', { forward: { conversationId: SOURCE, seq: 0 } }, 'send.forward.seq: want the seq of a message'],
  ])('%s is INVALID', async (_, change, words) => {
    const gateway = new TestGateway();
    const client = await gateway.live();
    const { ref, send } = forward(10, 2);
    await client.say({ ref, send: { ...send, ...change } });
    const [frame] = client.socket.take();
    expect(frame?.reject?.code).toBe('INVALID');
    expect(frame?.reject?.message.slice(0, words.length)).toBe(words);
  });
});
