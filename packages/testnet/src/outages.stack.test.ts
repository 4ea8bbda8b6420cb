import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Daemon, Stack } from '@clatter/cluster';
import { topics } from '@clatter/log';
import { KafkaOperator } from '@clatter/log/operator';
import { partitionOf } from '@clatter/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClusterNet, until } from './index.ts';
import { PASSWORD } from './people.ts';

/** Servers of these tests alone, which may be stopped. */
let stack: Stack;

beforeAll(async () => {
  // Synced commit logs: a killed Cassandra keeps what it acknowledged.
  stack = await Stack.temporary(true, true);
});
afterAll(() => stack?.destroy());

const health = async (net: ClusterNet, name: string): Promise<string> =>
  (await net.cluster.states()).find((state) => state.name === name)?.health ?? 'no such process';

/** Rejects with what is not ready, and why. */
async function allReady(net: ClusterNet): Promise<void> {
  let unready: string[] = [];
  await until(
    'all to be ready',
    async () => {
      const states = await net.cluster.states();
      unready = states.filter(({ health }) => health !== 'ready').map(({ name, health }) => `${name}: ${health}`);
      return unready.length === 0;
    },
    90_000,
  ).catch((error: Error) => {
    throw new Error(`${error.message}: ${unready.join('\n')}`);
  });
}

const account = async (net: ClusterNet, username: string) =>
  (await net.http('POST', '/v1/accounts', { username, password: PASSWORD })).body;

describe('a cluster whose servers come late', () => {
  it('says what it waits for, and serves when they are there', async () => {
    await stack.postgres.start();
    const net = await ClusterNet.create({ servers: stack.addresses });
    try {
      for (const daemon of net.cluster.processes) await daemon.spawn();
      for (const name of ['auth-1', 'messages-1', 'gateway-1'])
        await until(
          `${name} to say that it waits`,
          async () => !/^(ready|down|does not answer)$/.test(await health(net, name)),
          60_000,
        );
      await stack.start();
      for (const daemon of net.cluster.processes) await daemon.ready();
      // By HTTP alone at first: no socket has made presence know the gateway.
      const [ada, eve] = await Promise.all(['ada', 'eve'].map((username) => account(net, username)));
      const body = { kind: 'direct', memberIds: [eve?.user.userId] };
      expect(await net.http('POST', '/v1/conversations', body, ada?.session.accessToken)).toMatchObject({
        status: 201,
      });
      const alice = await net.person('early');
      const bob = await net.person('late');
      const { conversationId } = await alice.openDirect(bob.userId);
      expect((await alice.send(conversationId, 'at last').acked).seq).toBe(2);
    } finally {
      await net[Symbol.asyncDispose]();
    }
  });
});

describe('a server that goes away', () => {
  let net: ClusterNet;
  beforeAll(async () => {
    await stack.start();
    net = await ClusterNet.start({ servers: stack.addresses });
  });
  afterAll(() => net?.[Symbol.asyncDispose]());

  it.each([
    ['kafka', 'gateway-1'],
    ['cassandra', 'messages-1'],
  ] as const)('%s: what is sent meanwhile waits, /readyz tells, and all comes back by itself', async (name, teller) => {
    const server: Daemon = stack[name];
    const [alice, bob] = await Promise.all([net.person(`alice-${name}`), net.person(`bob-${name}`)]);
    const { conversationId } = await alice.openDirect(bob.userId);
    await alice.send(conversationId, 'before').acked;
    await server.kill();
    const during = alice.send(conversationId, 'during');
    let acked = false;
    during.acked.then(() => (acked = true)).catch(() => undefined);
    await until(`${teller} to tell`, async () => (await health(net, teller)) !== 'ready', 60_000);
    expect(acked).toBe(false);
    await server.start();
    await during.acked;
    await allReady(net);
    await alice.send(conversationId, 'after').acked;
    const { events } = await bob.history(conversationId);
    const texts = events.flatMap(({ message }) => message?.content?.text?.body ?? []);
    expect(texts).toEqual(['before', 'during', 'after']);
    await until('bob to have all', () => bob.events(conversationId).at(-1)?.seq === 4);
  });

  it('redis: chat goes on, and who was not told syncs when it is back', async () => {
    const [alice, bob] = await Promise.all([net.person('alice-redis'), net.person('bob-redis')]);
    const { conversationId } = await alice.openDirect(bob.userId);
    await stack.redis.kill();
    await Promise.all(['one', 'two', 'three'].map((text) => alice.send(conversationId, text).acked));
    // Nobody could send answers to a gateway that starts now: it says so, and the other one serves its people.
    const late = net.cluster.process('gateway-2');
    await late.stop();
    await late.spawn();
    await until(
      'gateway-2 to tell why it is not ready',
      async () => (await health(net, 'gateway-2')).includes('presence was not told of this gateway yet'),
      60_000,
    );
    expect(await health(net, 'gateway-1')).toBe('ready');
    await Promise.all([alice, bob].map((person) => person.send(conversationId, 'still').acked));
    await stack.redis.start();
    await until(
      'both to have all',
      () => [alice, bob].every((one) => one.events(conversationId).at(-1)?.seq === 6),
      60_000,
    );
    await allReady(net);
  });

  it('postgres: people who are logged in chat on, logins wait', async () => {
    const [alice, bob] = await Promise.all([net.person('alice-postgres'), net.person('bob-postgres')]);
    const { conversationId } = await alice.openDirect(bob.userId);
    await stack.postgres.kill();
    await alice.send(conversationId, 'no accounts needed').acked;
    await until('auth-1 to tell', async () => (await health(net, 'auth-1')) !== 'ready', 60_000);
    const refused = await net.http('POST', '/v1/accounts', {
      username: `x${Date.now()}`,
      password: 'correct horse battery',
    });
    expect(refused).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
    await stack.postgres.start();
    await until('auth-1 to be ready', async () => (await health(net, 'auth-1')) === 'ready', 60_000);
    const carol = await net.person('carol-postgres');
    expect(carol.state).toBe('live');
  });

  it('kafka, and comes back without the end of a log: the partition halts, and the documented way leads on', async () => {
    const [alice, bob] = await Promise.all([net.person('alice-disk'), net.person('bob-disk')]);
    const { conversationId } = await alice.openDirect(bob.userId);
    for (const text of ['one', 'two']) await alice.send(conversationId, text).acked;
    const partition = partitionOf(conversationId, topics.commands.partitions);
    const topic = `${net.cluster.prefix}${topics.commands.name}`;
    expect(await stack.kafka.stop()).toBe(true);
    const folder = join(stack.options.dataDir, 'kafka', 'logs', `${topic}-${partition}`);
    for (const file of readdirSync(folder)) if (file !== 'partition.metadata') rmSync(join(folder, file));
    const three = alice.send(conversationId, 'three');
    let acked = false;
    three.acked.then(() => (acked = true)).catch(() => undefined);
    await stack.kafka.start();
    await until(
      'the partition to halt',
      async () => ((await net.metrics('messages')).get('clatter_messages_halted_partitions') as number) > 0,
      60_000,
    );
    const told = await Promise.all(['messages-1', 'messages-2'].map((name) => health(net, name)));
    expect(told.join()).toContain(`partition ${partition} of clatter.commands is not the log it was`);
    expect(acked).toBe(false);
    // The way of docs/operations.md.
    expect(await net.cluster.stop()).toEqual([]);
    const operator = new KafkaOperator(stack.addresses.kafka);
    await operator.resetOffsets(`${net.cluster.prefix}messages`, topic, [partition], 'latest');
    await operator.close();
    await net.cluster.start({ CLATTER_MESSAGES_EPOCH: '1' });
    await three.acked;
    const { events } = await bob.history(conversationId);
    expect(events.flatMap(({ message }) => message?.content?.text?.body ?? [])).toEqual(['one', 'two', 'three']);
  });
});
