/** An owner that does not know that it lost its partitions, on the real servers: it wakes in the middle of a write. */
import { TcpGate } from '@clatter/cluster';
import { ClusterNet, testServers, until } from '@clatter/testnet';
import { afterEach, expect, it } from 'vitest';
import { HistoryChecker } from '../history/history-checker.ts';
import { Recorder, recordLog } from '../history/recorder.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const SENDS = 30;

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
  const checker = new HistoryChecker();
  const recorder = new Recorder(checker.take);
  const join = async (name: string) => {
    const device = recorder.device(`device of ${name}`);
    const client = await net.person(name, { tap: device.tap });
    device.watch(client);
    return client;
  };
  const [alice, bob] = await Promise.all([join('alice'), join('bob')]);
  const { conversationId } = await alice.openDirect(bob.userId);
  let written = 0;
  /** Both write, so that each has answers in flight. */
  const write = async (name: string): Promise<void> => {
    written += SENDS;
    await Promise.all(
      Array.from({ length: SENDS }, (_, i) => (i % 2 === 0 ? alice : bob).send(conversationId, `${name} ${i}`).acked),
    );
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

  for (const person of [alice, bob]) {
    await until('all to be delivered', () => person.events(conversationId).at(-1)?.seq === written + 1, 30_000);
    await recordLog(person, conversationId, checker.take);
  }
  checker.finishAll();
  expect(checker.findings.first).toEqual([]);
  expect(checker.size).toMatchObject({ commands: written, events: written + 1, deliveries: 2 * (written + 1) });
});
