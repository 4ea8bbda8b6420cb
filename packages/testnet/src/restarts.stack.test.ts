/** Gateways that stop in good order while messages have frames for them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ClusterNet, RawSocket, until } from './index.ts';

/** A gateway that is merely gone is waited for as long as its lease lasts. */
const LEASE_MS = 60_000;
/** More than a partition may have stored and not yet committed. */
const BATCHES = 40;

let net: ClusterNet;
beforeAll(async () => {
  net = await ClusterNet.start({ env: { CLATTER_PRESENCE_LEASE_MS: `${LEASE_MS}` } });
});
afterAll(() => net?.[Symbol.asyncDispose]());

const appended = async (): Promise<number> =>
  (await net.metrics('gateway')).get('clatter_log_appended_records_total') as number;

it('nobody waits for a gateway that has left', async () => {
  const [alice, bob] = await Promise.all([net.person('alice'), net.person('bob')]);
  const { conversationId } = await alice.openDirect(bob.userId);
  const leaving = net.cluster.members.findLast(({ service }) => service === 'gateway');
  const stays = net.cluster.members.find(({ service }) => service === 'gateway');
  const sockets = await Promise.all([
    RawSocket.hello(`http://127.0.0.1:${stays?.httpPort}`, alice.accessToken),
    RawSocket.hello(`http://127.0.0.1:${leaving?.httpPort}`, bob.accessToken),
  ]);
  const [hers, his] = sockets;
  const message = (ref: number, body: string): object => ({
    ref,
    send: { conversationId, messageId: crypto.randomUUID(), content: { text: { body } } },
  });
  // What bob sends is in the log and not decided when his gateway leaves: its answer is for nobody.
  const owners = net.cluster.processes.filter(({ name }) => name.startsWith('messages'));
  const before = await appended();
  for (const owner of owners) owner.signal('SIGSTOP');
  his.send(message(2, 'unanswered'));
  await until('it to be in the log', async () => (await appended()) === before + 1);
  const stopped = net.cluster.process(leaving?.name as string).stop();
  expect(await his.code()).toBe(4000);
  expect(await stopped).toBe(true);
  for (const owner of owners) owner.signal('SIGCONT');
  // Each is a batch of its own. Past the sixteenth that cannot be committed the partition would wait.
  const begunMs = Date.now();
  for (let ref = 10; ref < 10 + BATCHES; ref++) {
    hers.send(message(ref, `${ref}`));
    expect((await hers.answer(ref)).ack).toBeDefined();
  }
  expect(Date.now() - begunMs).toBeLessThan(LEASE_MS / 3);
  const { events } = await alice.history(conversationId);
  expect(events.flatMap(({ message: sent }) => sent?.content?.text?.body ?? [])).toEqual([
    'unanswered',
    ...Array.from({ length: BATCHES }, (_, i) => `${10 + i}`),
  ]);
});
