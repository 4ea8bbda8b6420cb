/** Redis passes the contract, also for several processes at once, and the adapter survives what can become of the server. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Daemon, freePorts, redis as redisProgram } from '@clatter/cluster';
import { Connection } from '@clatter/contracts/presence';
import { ConnectionDigest, createLogger, type Logger, systemClock } from '@clatter/runtime';
import { linkRedis, type RedisLink } from '@clatter/runtime/redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Registry } from '../ports.ts';
import { registryContract } from '../registry.contract.ts';
import { createRedisRegistry } from './redis-registry.ts';

const server = process.env.CLATTER_TEST_REDIS ?? '';
if (server === '') throw new Error('CLATTER_TEST_REDIS: want the URL of a Redis server, got nothing');

const LEASE_MS = 500;
const quiet = createLogger({ service: 'test', level: 'silent' });
const freshPrefix = (): string => `test:${randomBytes(6).toString('hex')}:`;

async function forget(redis: RedisLink, prefix: string): Promise<void> {
  const keys = await redis.client.keys(`${prefix}*`);
  if (keys.length > 0) await redis.client.del(...keys);
}

/** Processes that share a prefix. */
async function processes(count: number, { leaseMs = LEASE_MS, url = server, logger = quiet as Logger } = {}) {
  const prefix = freshPrefix();
  const links = Array.from({ length: count }, () => linkRedis({ url, logger }));
  for (const link of links) await link.open();
  return {
    prefix,
    links,
    registries: links.map((redis) => createRedisRegistry({ redis, prefix, leaseMs, clock: systemClock })),
    async end() {
      const [first] = links as [RedisLink];
      if (first.health().ok) await forget(first, prefix);
      for (const link of links) await link.close();
    },
  };
}

registryContract('Redis', async () => {
  const { registries, end } = await processes(1);
  return { registry: registries[0] as Registry, leaseMs: LEASE_MS, nowMs: Date.now, pass: (ms) => pause(ms + 5), end };
});

// Every call by another process: none of them keeps anything to itself.
registryContract('Redis, three processes in turn', async () => {
  const { registries, end } = await processes(3);
  let turn = 0;
  const registry = new Proxy({} as Registry, {
    get: (_target, call: keyof Registry) => {
      const one = registries[turn++ % registries.length] as Registry;
      return one[call].bind(one);
    },
  });
  return { registry, leaseMs: LEASE_MS, nowMs: Date.now, pass: (ms) => pause(ms + 5), end };
});

const connectionsOf = (gatewayId: string, count: number): Connection[] =>
  Array.from({ length: count }, (_, connection) =>
    Connection.create({ userId: `user ${connection}`, sessionId: 's', gatewayId, connection, encoding: 'proto' }),
  );
const gatewayOf = (gatewayId: string) => ({ gatewayId, address: '' });
const digestOf = (connections: readonly Connection[]): string => {
  const digest = new ConnectionDigest();
  for (const connection of connections) digest.add(connection);
  return digest.toString();
};

describe('Redis, several presence processes', () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  it('reap at the same time, and each connection of the dead is given to one of them', async () => {
    const { registries, links, prefix, end } = await processes(4);
    ends.push(end);
    const all = [...connectionsOf('g1', 1700), ...connectionsOf('g2', 1700)];
    for (const gatewayId of ['g1', 'g2']) {
      const own = all.filter((connection) => connection.gatewayId === gatewayId);
      await (registries[0] as Registry).register(gatewayOf(gatewayId), own, true);
      await (registries[0] as Registry).watch(
        gatewayId,
        own.map(({ userId }) => userId),
        [],
      );
    }
    await pause(LEASE_MS + 50);
    const reaped = await Promise.all(registries.map((registry) => registry.reap()));
    const named = (connections: readonly Connection[]) =>
      connections.map((one) => `${one.gatewayId}/${one.connection}`).sort();
    expect(named(reaped.flatMap(({ connections }) => connections))).toEqual(named(all));
    // Nothing is left of them, once it was told who has left.
    expect(await registries[0]?.unsettled(0, 0)).toHaveLength(500);
    for (const { userId } of all) await (registries[0] as Registry).settle(userId, 0);
    expect(await links[0]?.client.keys(`${prefix}*`)).toEqual([]);
  });

  it('hold large gateways: all of it replaced, in parts', async () => {
    const { registries, end } = await processes(1, { leaseMs: 10_000 });
    ends.push(end);
    const [registry] = registries as [Registry];
    const all = connectionsOf('g1', 5000);
    await registry.register(gatewayOf('g1'), all, true);
    expect(await registry.renew(gatewayOf('g1'), digestOf(all), all.length)).toBe(true);
    const rest = all.slice(0, 1000);
    expect(await registry.register(gatewayOf('g1'), rest, true)).toHaveLength(4000);
    expect(await registry.renew(gatewayOf('g1'), digestOf(rest), rest.length)).toBe(true);
  });

  it('do not know a gateway any more when Redis has lost everything', async () => {
    const { registries, links, prefix, end } = await processes(2, { leaseMs: 10_000 });
    ends.push(end);
    const [registry, other] = registries as [Registry, Registry];
    const all = connectionsOf('g1', 3);
    await registry.register(gatewayOf('g1'), all, true);
    await forget(links[0] as RedisLink, prefix);
    await links[0]?.client.script('FLUSH');
    expect(await other.renew(gatewayOf('g1'), digestOf(all), 3)).toBe(false);
    expect(await other.locate(['user 1'])).toEqual([]);
    await registry.register(gatewayOf('g1'), all, true);
    expect(await other.renew(gatewayOf('g1'), digestOf(all), 3)).toBe(true);
    expect(await other.locate(['user 1'])).toEqual([all[1]]);
  });

  it('make a gateway register again that comes back while it is being reaped', async () => {
    const { registries, links, prefix, end } = await processes(1);
    ends.push(end);
    const [registry] = registries as [Registry];
    await registry.register(gatewayOf('g1'), [], true);
    await registry.watch('g1', ['alice'], []);
    await links[0]?.client.hset(`${prefix}clatter:presence:1:gateway:g1`, 'torn', 1);
    expect(await registry.renew(gatewayOf('g1'), digestOf([]), 0)).toBe(false);
    await registry.register(gatewayOf('g1'), [], true);
    expect(await registry.renew(gatewayOf('g1'), digestOf([]), 0)).toBe(true);
  });
});

describe('Redis, the server', () => {
  let dir: string;
  let port: number;
  let daemon: Daemon;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'clatter-redis-'));
    [port] = (await freePorts(1)) as [number];
    daemon = new Daemon(redisProgram({ dataDir: join(dir, 'data'), port }), dir);
  });
  afterAll(async () => {
    await daemon.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('is down at the start, restarted, and stopped: calls are refused soon, a line each time, and all comes back', async () => {
    const lines: string[] = [];
    const logger = createLogger({ service: 'test', level: 'silent' });
    for (const level of ['info', 'warn', 'error'] as const)
      logger[level] = (...parts: unknown[]) => void lines.push(JSON.stringify(parts));
    const { registries, links, end } = await processes(1, {
      url: `redis://:hunter2@127.0.0.1:${port}`,
      logger,
      leaseMs: 60_000,
    });
    const [registry] = registries as [Registry];
    const [link] = links as [RedisLink];
    const ready = (ok: boolean): Promise<void> => expect.poll(() => link.health().ok, { timeout: 15_000 }).toBe(ok);
    const refused = async (): Promise<void> => {
      const startMs = performance.now();
      const calls = Array.from({ length: 200 }, () =>
        registry.locate(['alice']).then(
          () => 'answered',
          (error: { code: string }) => error.code,
        ),
      );
      expect(new Set(await Promise.all(calls))).toEqual(new Set(['UNAVAILABLE']));
      expect(performance.now() - startMs).toBeLessThan(5000);
    };
    try {
      expect(link.health().reason).toContain('ECONNREFUSED');
      await refused();
      await daemon.start();
      await ready(true);
      const all = connectionsOf('g1', 3);
      await registry.register(gatewayOf('g1'), all, true);
      expect(await registry.locate(['user 1'])).toEqual([all[1]]);

      await daemon.stop();
      await ready(false);
      await refused();
      await daemon.start();
      await ready(true);
      // It kept nothing.
      expect(await registry.renew(gatewayOf('g1'), digestOf(all), 3)).toBe(false);

      daemon.signal('SIGSTOP');
      await refused();
      await ready(false);
      await refused();
      daemon.signal('SIGCONT');
      await ready(true);
      expect(await registry.locate(['alice'])).toEqual([]);
      expect(lines.map((line) => line.replace(/away: .*; it/, 'away; it'))).toEqual(
        Array.from({ length: 3 }, () => ['["Redis is away; it is connected to again"]', '["Redis is back"]']).flat(),
      );
      expect(lines.join()).not.toContain('hunter2');
    } finally {
      daemon.signal('SIGCONT');
      await end();
    }
  });
});
