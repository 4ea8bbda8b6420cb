import { expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { createLogger } from '../logger.ts';
import { type Peer, PeerDirectory } from './peer-directory.ts';
import type { GrpcServer } from './server.ts';
import { Echo, EchoNet, plain, until } from './testing.ts';

function setUp(net: EchoNet) {
  const peers: Peer[] = [];
  const state = { away: false, readings: 0 };
  const directory = new PeerDirectory({
    descriptor: Echo,
    grpc: plain,
    clock: systemClock,
    logger: createLogger({ service: 'test', level: 'silent' }),
    async list() {
      state.readings++;
      if (state.away) throw new Error('away');
      return [...peers];
    },
  });
  const add = async (id: string): Promise<GrpcServer> => {
    const server = await net.serve({ stream: async () => ({ conversationId: id }) });
    peers.push({ id, address: `127.0.0.1:${server.port}` });
    return server;
  };
  return { directory, peers, state, add };
}

it('knows who is listed, and forgets who is listed no more', async () => {
  await using net = new EchoNet();
  const { directory, peers, add } = setUp(net);
  await add('one');
  directory.start();
  await directory.refresh();
  expect(directory.ids()).toEqual(['one']);
  expect(await directory.get('one').stream({})).toMatchObject({ conversationId: 'one' });
  await add('two');
  await until(() => directory.ids().length === 2);
  peers.splice(0, 1);
  await until(() => directory.ids().length === 1);
  await expect(directory.get('one').stream({})).rejects.toMatchObject({ code: 'NOT_FOUND' });
  directory.close();
});

it('asks for a name that it does not know, however short ago it asked', async () => {
  await using net = new EchoNet();
  const { directory, state, add } = setUp(net);
  await directory.refresh();
  await expect(directory.get('new').stream({})).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await add('new');
  const before = state.readings;
  const answers = await Promise.all(Array.from({ length: 100 }, () => directory.get('new').stream({})));
  expect(answers.every(({ conversationId }) => conversationId === 'new')).toBe(true);
  expect(state.readings - before).toBeLessThanOrEqual(2);
  directory.close();
});

it('rejects what waits for the answer of a process that is gone', async () => {
  await using net = new EchoNet();
  const { directory, peers } = setUp(net);
  let taken = false;
  const { port } = await net.serve({
    stream: () => {
      taken = true;
      return new Promise<never>(() => undefined);
    },
  });
  peers.push({ id: 'stuck', address: `127.0.0.1:${port}` });
  await directory.refresh();
  const waiting = directory
    .get('stuck')
    .stream({})
    .catch((error) => error.code);
  await until(() => taken);
  peers.splice(0);
  await directory.refresh();
  expect(await waiting).toBe('UNAVAILABLE');
  directory.close();
});

it('calls those that it knows while the list cannot be read', async () => {
  await using net = new EchoNet();
  const { directory, state, add } = setUp(net);
  await add('one');
  await directory.refresh();
  state.away = true;
  await expect(directory.refresh()).rejects.toThrow('away');
  expect(await directory.get('one').stream({})).toMatchObject({ conversationId: 'one' });
  await expect(directory.get('other').stream({})).rejects.toThrow('away');
  directory.close();
});

it('reads the list at once when a process cannot be reached', async () => {
  await using net = new EchoNet();
  const { directory, peers, state, add } = setUp(net);
  const server = await add('leaving');
  await directory.refresh();
  expect(await directory.get('leaving').stream({})).toMatchObject({ conversationId: 'leaving' });
  await server.close();
  peers.splice(0);
  const { readings } = state;
  await expect(directory.get('leaving').stream({})).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await until(() => state.readings > readings);
  await until(() => directory.ids().length === 0);
  await expect(directory.get('leaving').stream({})).rejects.toMatchObject({ code: 'NOT_FOUND' });
  directory.close();
});
