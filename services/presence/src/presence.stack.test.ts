/** Two processes of presence on one Redis: what watchers are told, whichever of them gateways call. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@clatter/contracts/presence';
import { topics } from '@clatter/log';
import { SimulatedLog } from '@clatter/log/simulated';
import { createLogger, systemClock } from '@clatter/runtime';
import { linkRedis } from '@clatter/runtime/redis';
import { ServerFrame } from '@clatter/wire';
import { afterEach, expect, it } from 'vitest';
import { createPresence, presenceConfig } from './index.ts';

const server = process.env.CLATTER_TEST_REDIS ?? '';
if (server === '') throw new Error('CLATTER_TEST_REDIS: want the URL of a Redis server, got nothing');

const GRACE_MS = 1500;
const quiet = createLogger({ service: 'test', level: 'silent' });
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Two processes, and more where asked for; what each gateway was told. */
async function start(leaseMs = 60_000) {
  const told: string[] = [];
  const prefix = `test:${randomBytes(6).toString('hex')}:`;
  const later = (_what: string, run: () => void, delayMs = 0): void => void setTimeout(run, delayMs);
  const log = new SimulatedLog({
    network: { later, nowMs: Date.now, random: () => 0.5 },
    topics: { [topics.sessions.name]: 1 },
  });
  closers.push(async () => {
    const link = linkRedis({ url: server, logger: quiet });
    await link.open();
    const keys = await link.client.keys(`${prefix}*`);
    if (keys.length > 0) await link.client.del(...keys);
    await link.close();
  });
  const begin = async (name: string) => {
    const service = createPresence({
      config: presenceConfig.parse({
        CLATTER_REDIS_URL: server,
        CLATTER_REDIS_PREFIX: prefix,
        CLATTER_PRESENCE_GRACE_MS: GRACE_MS,
        CLATTER_PRESENCE_LEASE_MS: leaseMs,
      }),
      log: log.connect({ name, later }),
      logger: quiet,
      clock: systemClock,
      gateways: (gatewayId) => ({
        async deliver({ deliveries = [] }) {
          for (const { proto } of deliveries) {
            const { presence } = ServerFrame.decode(proto as Uint8Array);
            told.push(`${gatewayId}: ${presence?.userId} ${presence?.status}`);
          }
          return {};
        },
      }),
    });
    await service.start();
    // What is stopped tells no more of the graces that it counts: in this it is as if it were killed.
    let stopping: Promise<void> | undefined;
    const stop = (): Promise<void> => {
      stopping ??= service.stop();
      return stopping;
    };
    closers.push(stop);
    return { presence: service.presence, stop };
  };
  const [first, second] = [await begin('presence-1'), await begin('presence-2')];
  return { one: first.presence, two: second.presence, told, first, second, begin };
}

const connectionOf = (gatewayId: string, connection: number, more: Partial<Connection> = {}): Connection =>
  Connection.create({
    userId: 'alice',
    sessionId: 'phone',
    gatewayId,
    connection,
    encoding: 'proto',
    foreground: true,
    status: 'ONLINE',
    ...more,
  });

it('tell each change once, by the process that was told of it, to watchers of both', async () => {
  const { one, two, told } = await start();
  await one.watch({ gatewayId: 'g1', userIds: ['alice'], unwatchIds: [] });
  await two.watch({ gatewayId: 'g2', userIds: ['alice'], unwatchIds: [] });
  const phone = connectionOf('g1', 1);
  await one.register({ gatewayId: 'g1', connections: [phone] });
  await expect.poll(() => [...told].sort(), { timeout: 10_000 }).toEqual(['g1: alice ONLINE', 'g2: alice ONLINE']);
  await two.setStatus({ connection: { ...phone, status: 'BUSY' } });
  await expect.poll(() => told.slice(2).sort(), { timeout: 10_000 }).toEqual(['g1: alice BUSY', 'g2: alice BUSY']);
  await two.unregister({ gatewayId: 'g1', connections: [phone] });
  await expect
    .poll(() => told.slice(4).sort(), { timeout: 10_000 })
    .toEqual(['g1: alice OFFLINE', 'g2: alice OFFLINE']);
  await pause(1500);
  expect(told).toHaveLength(6);
});

it('answer who come during the grace as those before, and tell all of its end', async () => {
  const { one, two, told } = await start();
  const phone = connectionOf('g1', 1);
  await one.watch({ gatewayId: 'g1', userIds: ['alice'], unwatchIds: [] });
  await one.register({ gatewayId: 'g1', connections: [phone] });
  await one.unregister({ gatewayId: 'g1', connections: [phone] });
  const ask = async () =>
    (await two.watch({ gatewayId: 'g2', userIds: ['alice'], unwatchIds: [] })).states?.[0]?.status;
  await expect.poll(ask, { timeout: 1000, interval: 20 }).toBe('ONLINE');
  await expect.poll(() => told.at(-1)?.endsWith('OFFLINE'), { timeout: 10_000 }).toBe(true);
  for (const gatewayId of ['g1', 'g2'])
    expect(told.filter((line) => line.startsWith(gatewayId)).at(-1)).toBe(`${gatewayId}: alice OFFLINE`);
});

it('show nothing of a change of network that goes from one process to the other', async () => {
  const { one, two, told } = await start();
  await two.watch({ gatewayId: 'g2', userIds: ['alice'], unwatchIds: [] });
  await one.register({ gatewayId: 'g1', connections: [connectionOf('g1', 1)] });
  await one.unregister({ gatewayId: 'g1', connections: [connectionOf('g1', 1)] });
  await pause(200);
  await two.register({ gatewayId: 'g2', connections: [connectionOf('g2', 1)] });
  await pause(GRACE_MS + 1500);
  expect(new Set(told)).toEqual(new Set(['g2: alice ONLINE']));
});

it('have the people of a dead gateway offline, told once though both reap', async () => {
  const { one, two, told } = await start(1000);
  const people = Array.from({ length: 20 }, (_, i) => connectionOf('g1', i, { userId: `user ${i}` }));
  await one.register({ gatewayId: 'g1', connections: people });
  const userIds = people.map(({ userId }) => userId);
  await two.watch({ gatewayId: 'g2', userIds, unwatchIds: [] });
  const renewing = setInterval(() => void two.renew({ gatewayId: 'g2', digest: '', count: 0 }), 200);
  closers.push(() => clearInterval(renewing));
  const offline = () => told.filter((line) => line.endsWith('OFFLINE')).sort();
  await expect.poll(offline, { timeout: 20_000 }).toEqual(userIds.map((userId) => `g2: ${userId} OFFLINE`).sort());
  await pause(1500);
  expect(offline()).toHaveLength(20);
});

it('tell of those who left to a process that died in their grace, those who are left or the next that starts', async () => {
  const { one, two, told, first, second, begin } = await start();
  const people = ['alice', 'bob'].map((userId, i) => connectionOf('g1', i, { userId }));
  const [alices, bobs] = people as [Connection, Connection];
  await two.watch({ gatewayId: 'g2', userIds: ['alice', 'bob'], unwatchIds: [] });
  await one.register({ gatewayId: 'g1', connections: people });
  await expect.poll(() => [...told].sort(), { timeout: 10_000 }).toEqual(['g2: alice ONLINE', 'g2: bob ONLINE']);
  await one.unregister({ gatewayId: 'g1', connections: [alices] });
  await first.stop();
  await expect.poll(() => told.slice(2), { timeout: 15_000 }).toEqual(['g2: alice OFFLINE']);
  await two.unregister({ gatewayId: 'g1', connections: [bobs] });
  await second.stop();
  await begin('presence-3');
  await expect.poll(() => told.slice(3), { timeout: 15_000 }).toEqual(['g2: bob OFFLINE']);
  await pause(4000);
  expect(told).toHaveLength(4);
});
