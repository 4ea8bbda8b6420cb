/** An owner that does not know that it lost its partitions, on the real servers: it wakes in the middle of a write. */
import type { ClatterClient } from '@clatter/client';
import { TcpGate } from '@clatter/cluster';
import type { Event } from '@clatter/wire';
import { afterEach, expect, it } from 'vitest';
import { ClusterNet, testServers, until } from './index.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const SENDS = 30;

async function whole(person: ClatterClient, conversationId: string): Promise<readonly Event[]> {
  const events: Event[] = [];
  for (let hasMore = true; hasMore; ) {
    const page = await person.history(conversationId, { after: events.at(-1)?.seq ?? 0 });
    events.push(...page.events);
    hasMore = page.hasMore;
  }
  return events;
}

it('writes late what stands already, and does no harm', async () => {
  const gate = new TcpGate(testServers().cassandra);
  await gate.open();
  closers.push(() => gate.shut());
  const net = await ClusterNet.create({ counts: { messages: 2 } });
  closers.push(() => net[Symbol.asyncDispose]());
  const [sleeper, heir] = [net.cluster.process('messages-1'), net.cluster.process('messages-2')];
  for (const daemon of net.cluster.processes)
    if (daemon !== heir)
      await daemon.spawn(daemon === sleeper ? { CLATTER_CASSANDRA_CONTACT_POINTS: gate.address } : {});
  for (const daemon of net.cluster.processes) if (daemon !== heir) await daemon.ready();
  const [alice, bob] = await Promise.all([net.person('alice'), net.person('bob')]);
  const { conversationId } = await alice.openDirect(bob.userId);
  const texts: string[] = [];
  const places: number[] = [];
  /** Both write, so that each has answers in flight. */
  const write = async (name: string): Promise<void> => {
    const sent = Array.from({ length: SENDS }, (_, i) => {
      const text = `${name} ${i}`;
      texts.push(text);
      return (i % 2 === 0 ? alice : bob).send(conversationId, text).acked;
    });
    places.push(...(await Promise.all(sent)).map(({ seq }) => seq));
  };
  const mutations = async (): Promise<number> =>
    (await net.metrics(sleeper.name)).get('clatter_messages_store_mutations_total') ?? 0;

  await write('before');
  const stood = await mutations();
  gate.stall();
  const during = write('during');
  await until('it to hang in a write', async () => (await mutations()) > stood);
  sleeper.signal('SIGSTOP');
  // It serves when the group has given it the partitions of the one that does not answer.
  await heir.start();
  await during;
  await write('meanwhile');
  gate.resume();
  sleeper.signal('SIGCONT');
  await write('awake');
  await until('it to share again', async () => (await mutations()) > 0 && (await sleeper.serves()), 30_000);
  // It knows nothing but what lies in the store.
  expect(await heir.stop()).toBe(true);
  await write('after');

  const [hers, his] = await Promise.all([whole(alice, conversationId), whole(bob, conversationId)]);
  expect(hers.map(({ seq }) => seq)).toEqual(Array.from({ length: texts.length + 1 }, (_, i) => i + 1));
  expect(his).toEqual(hers);
  const stored = new Map(hers.map(({ seq, message }) => [message?.content?.text?.body, seq]));
  // Each once, and where its sender was told that it is.
  expect(texts.map((text) => stored.get(text))).toEqual(places);
  for (const person of [alice, bob]) {
    await until('all to be delivered', () => person.events(conversationId).at(-1)?.seq === texts.length + 1, 30_000);
    expect(person.events(conversationId)).toEqual(hers);
  }
});
