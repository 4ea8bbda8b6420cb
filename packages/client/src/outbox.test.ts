import { type Ack, ClatterError, type ClientFrame, type Input, type ServerFrame } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { Locks } from './locks.ts';
import { Outbox, type Refused } from './outbox.ts';
import { OutboxStore } from './outbox-store.ts';
import { type ClientStorage, MemoryStorage } from './storage.ts';
import { rest, VirtualClock } from './testing/virtual-clock.ts';

const send = (messageId: string, conversationId = 'c'): Input<ClientFrame> => ({
  send: { conversationId, messageId, content: { text: { body: messageId } }, knownSeq: 7 },
});
const ackOf = (messageId: string, seq: number, conversationId = 'c'): Ack => ({
  conversationId,
  messageId,
  seq,
  messageNo: seq,
  sentAtMs: 1,
});
const unavailable = (retryAfterMs = 1000): ClatterError => new ClatterError('UNAVAILABLE', 'away', { retryAfterMs });

class Wire {
  readonly asked: { frame: Input<ClientFrame>; answer: (ack: Ack) => void; fail: (error: Error) => void }[] = [];

  ask = (frame: Input<ClientFrame>): Promise<ServerFrame> =>
    new Promise((resolve, reject) => {
      this.asked.push({ frame, answer: (ack) => resolve({ ref: 1, ack } as ServerFrame), fail: reject });
    });

  /** Ids in the order in which they went out; marked ones with an asterisk. */
  get ids(): string[] {
    return this.asked.map(({ frame }) => {
      const command = frame.send ?? frame.edit ?? frame.react ?? frame.delete;
      const id = frame.send?.messageId ?? frame.edit?.commandId;
      return `${id}${command?.retry ? '*' : ''}`;
    });
  }
}

let programs = 0;

async function make(storage: ClientStorage = new MemoryStorage()) {
  const clock = new VirtualClock();
  const wire = new Wire();
  const refused: (Refused & { code: string })[] = [];
  const acked: string[] = [];
  const errors: Error[] = [];
  const taken: (string | undefined)[] = [];
  const onError = (error: Error): void => void errors.push(error);
  const store = new OutboxStore({
    storage,
    locks: new Locks(storage),
    newId: () => `program ${programs++}`,
    userId: () => 'alice',
    onLeft: (left) => taken.push(...outbox.takeOver(left).map((frame) => frame.send?.messageId)),
    onError,
  });
  const outbox = new Outbox({
    store,
    connection: () => wire,
    clock,
    userId: () => 'alice',
    onAck: (id) => acked.push(id),
    onRefused: (entry, error) => refused.push({ ...entry, code: (error as ClatterError).code }),
    onChange: () => undefined,
    onError,
  });
  await store.open();
  return { clock, wire, outbox, store, refused, acked, errors, taken, storage };
}

describe('the outbox', () => {
  it('sends in order once a connection is there, and resolves with the ack', async () => {
    const { outbox, wire, storage } = await make();
    const first = outbox.add(send('a'));
    outbox.add(send('b'));
    await rest();
    expect(wire.ids).toEqual([]);
    expect((await storage.entries('outbox/')).length).toBe(2);
    outbox.up(0);
    expect(wire.ids).toEqual(['a', 'b']);
    wire.asked[0]?.answer(ackOf('a', 8));
    expect(await first).toMatchObject({ seq: 8 });
    expect((await storage.entries('outbox/')).length).toBe(1);
    expect(outbox.waiting).toBe(1);
  });

  it('persists before the network is tried', async () => {
    const storage = new MemoryStorage();
    let keep: (() => void) | undefined;
    const slow: ClientStorage = {
      get: (key) => storage.get(key),
      delete: (key) => storage.delete(key),
      entries: (prefix) => storage.entries(prefix),
      set: (key, value) =>
        new Promise((resolve) => {
          keep = () => resolve(storage.set(key, value));
        }),
    };
    const { outbox, wire } = await make(slow);
    outbox.up(0);
    outbox.add(send('a'));
    await rest();
    expect(wire.ids).toEqual([]);
    keep?.();
    await rest();
    expect(wire.ids).toEqual(['a']);
  });

  it('sends everything that was not answered again after a reconnect: marked, with the same id and knownSeq, in order', async () => {
    const { outbox, wire } = await make();
    outbox.up(0);
    for (const id of ['a', 'b', 'c']) outbox.add(send(id));
    await rest();
    wire.asked[1]?.answer(ackOf('b', 9));
    await rest();
    outbox.down();
    wire.asked[0]?.fail(unavailable());
    outbox.add(send('d'));
    await rest();
    outbox.up(0);
    expect(wire.ids.slice(3)).toEqual(['a*', 'c*', 'd']);
    expect(wire.asked[3]?.frame.send).toMatchObject({ messageId: 'a', knownSeq: 7, retry: true });
  });

  it('waits as long as it is told, then sends all of that conversation again in order, and others meanwhile', async () => {
    const { outbox, wire, clock } = await make();
    outbox.up(0);
    for (const id of ['a', 'b']) outbox.add(send(id));
    outbox.add(send('x', 'other'));
    await rest();
    wire.asked[0]?.fail(unavailable(3000));
    wire.asked[1]?.fail(unavailable(1000));
    await rest();
    outbox.add(send('c'));
    outbox.add(send('y', 'other'));
    await clock.pass(2900);
    expect(wire.ids).toEqual(['a', 'b', 'x', 'y']);
    await clock.pass(200);
    expect(wire.ids.slice(4)).toEqual(['a*', 'b*', 'c']);
  });

  it('takes a refusal of the newest copy alone; an ack outranks it, whichever copy it answers', async () => {
    const { outbox, wire, clock, refused, acked } = await make();
    outbox.up(0);
    outbox.add(send('a'));
    const b = outbox.add(send('b'));
    await rest();
    wire.asked[0]?.fail(unavailable());
    await clock.pass(1000);
    expect(wire.ids).toEqual(['a', 'b', 'a*', 'b*']);
    // The first copy of b was refused, for good as it seems.
    wire.asked[1]?.fail(new ClatterError('FORBIDDEN', 'no'));
    await rest();
    expect(refused).toEqual([]);
    wire.asked[3]?.answer(ackOf('b', 9));
    expect((await b).seq).toBe(9);
    // An ack that comes after its time is passed on like news.
    outbox.settle('a', ackOf('a', 8));
    expect(acked).toEqual(['b', 'a']);
    expect(outbox.waiting).toBe(0);
  });

  it('reports a final refusal, forgets the command, and goes on', async () => {
    const { outbox, wire, refused, storage } = await make();
    outbox.up(0);
    const a = outbox.add(send('a'));
    outbox.add(send('b'));
    await rest();
    wire.asked[0]?.fail(new ClatterError('NOT_A_MEMBER', 'gone'));
    await expect(a).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
    expect(refused).toEqual([expect.objectContaining({ id: 'a', conversationId: 'c', code: 'NOT_A_MEMBER' })]);
    wire.asked[1]?.answer(ackOf('b', 8));
    await rest();
    expect(await storage.entries('outbox/')).toEqual([]);
  });

  it('is settled by an event of the log, in its own conversation', async () => {
    const { outbox, wire } = await make();
    outbox.up(0);
    const a = outbox.add(send('a'));
    await rest();
    outbox.settle('a', ackOf('a', 8, 'other'));
    expect(outbox.waiting).toBe(1);
    outbox.settle('a', ackOf('a', 8));
    expect((await a).seq).toBe(8);
    wire.asked[0]?.fail(new ClatterError('FORBIDDEN', 'too late'));
    await rest();
    expect(outbox.waiting).toBe(0);
  });

  it('goes on with what an earlier run left, marked, in order', async () => {
    const storage = new MemoryStorage();
    const before = await make(storage);
    for (const id of ['a', 'b']) before.outbox.add(send(id));
    await rest();
    const { outbox, wire, taken } = await make(storage);
    expect(taken).toEqual(['a', 'b']);
    outbox.add(send('c'));
    await rest();
    outbox.up(0);
    expect(wire.ids).toEqual(['a*', 'b*', 'c']);
    expect((await storage.entries('outbox/')).map(([key]) => key.slice(-1))).toEqual(['a', 'b', 'c']);
  });

  it('marks what waited for long before it goes out: another program may have sent it long since', async () => {
    // A tab that was frozen sent its first copy unmarked, long after another had sent the command: the server took it twice.
    const storage = new MemoryStorage();
    const frozen = await make(storage);
    frozen.outbox.add(send('a'));
    await rest();
    const other = await make(storage);
    other.outbox.up(0);
    expect(other.wire.ids).toEqual(['a*']);
    other.wire.asked[0]?.answer(ackOf('a', 8));
    await frozen.clock.pass(15 * 60_000);
    frozen.outbox.add(send('b'));
    await rest();
    frozen.outbox.up(0);
    expect(frozen.wire.ids).toEqual(['a*', 'b']);
  });

  it('marks an id of the caller that may have been sent before, and takes one id once', async () => {
    const { outbox, wire } = await make();
    outbox.up(0);
    const first = outbox.add(send('a'), true);
    const second = outbox.add(send('a'), true);
    await rest();
    expect(wire.ids).toEqual(['a*']);
    wire.asked[0]?.answer(ackOf('a', 3));
    expect(await second).toEqual(await first);
  });

  it('refuses what it cannot keep, and what is too much', async () => {
    const full = new MemoryStorage();
    full.set = () => Promise.reject(new Error('disk full'));
    const broken = await make(full);
    broken.outbox.up(0);
    await expect(broken.outbox.add(send('a'))).rejects.toThrow('disk full');
    expect(broken.refused.map(({ id }) => id)).toEqual(['a']);
    expect(broken.wire.ids).toEqual([]);

    const { outbox, refused } = await make();
    for (let index = 0; index < 10_000; index++) outbox.add(send(`m${index}`));
    await expect(outbox.add(send('one more'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(refused.map(({ id }) => id)).toEqual(['one more']);
  });

  it('tells of a storage that does not delete, and does not fall over it', async () => {
    const storage = new MemoryStorage();
    storage.delete = () => Promise.reject(new Error('disk full'));
    const { outbox, wire, errors } = await make(storage);
    outbox.up(0);
    const a = outbox.add(send('a'));
    await rest();
    wire.asked[0]?.answer(ackOf('a', 1));
    await a;
    await rest();
    expect(errors.map(({ message }) => message)).toEqual(['disk full']);
  });

  it('sends no faster than the server takes, and never too much at once', async () => {
    const { outbox, wire, clock } = await make();
    for (let index = 0; index < 400; index++) outbox.add(send(`m${index}`));
    await rest();
    outbox.up(100);
    await clock.pass(1000);
    // 100 a second, of which the SDK takes 80, and half a second's worth of them at once.
    expect(wire.asked.length).toBeGreaterThan(100);
    expect(wire.asked.length).toBeLessThanOrEqual(121);
    await clock.pass(10_000);
    expect(wire.asked.length).toBe(400);

    const unpaced = await make();
    for (let index = 0; index < 800; index++) unpaced.outbox.add(send(`m${index}`));
    await rest();
    unpaced.outbox.up(0);
    expect(unpaced.wire.asked.length).toBe(500);
    unpaced.wire.asked[0]?.answer(ackOf('m0', 1));
    await rest();
    expect(unpaced.wire.asked.length).toBe(501);
  });
});
