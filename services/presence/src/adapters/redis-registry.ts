/**
 * The Registry of any number of presence processes, in one Redis (a primary with replicas; not Redis Cluster, whose scripts may not touch keys of
 * several slots). Below `<CLATTER_REDIS_PREFIX>clatter:presence:1:` there are
 *
 * | key                        | type | fields                                            | goes                        |
 * |----------------------------|------|---------------------------------------------------|-----------------------------|
 * | `leases`                   | zset | gateway id → when its lease runs out, ms of Redis | with the gateway            |
 * | `gateway:<gateway id>`     | hash | address; digests, in halves; torn                 | with the gateway            |
 * | `connections:<gateway id>` | hash | connection number → user id                       | with its last connection    |
 * | `user:<user id>`           | hash | `<gateway id>/<number>` → Connection (protobuf)   | with their last connection  |
 * | `watched:<gateway id>`     | set  | user ids that its people watch                    | with the last of them       |
 * | `watchers:<user id>`       | set  | gateway ids                                       | with the last of them       |
 * | `interests:<gateway id>`   | set  | channels that it has members of                   | with the last of them       |
 * | `interested:<channel id>`  | set  | gateway ids                                       | with the last of them       |
 * | `left`                     | zset | user id → when they left, ms of Redis             | when watchers were told     |
 *
 * No key expires by itself: what a dead gateway had is taken away by `reap`, so that each connection is told of. Redis must not evict keys
 * (`maxmemory-policy noeviction`). `torn` says that a reaper has taken a part. The number in the beginning is that of this layout.
 */
import { Connection, type Gateway } from '@clatter/contracts/presence';
import type { Clock } from '@clatter/runtime';
import type { Redis, RedisLink } from '@clatter/runtime/redis';
import type { Reaped, Registry } from '../ports.ts';
import { scripts } from './redis-scripts.ts';

/** Connections, or people who are watched, in one run of a script: some ms, in which Redis does nothing else. */
const SCRIPT_MAX = 500;
/** People in one look-up. */
const LOCATE_MAX = 5000;

type Argument = string | number | Buffer;
type Script = (...args: Argument[]) => Promise<unknown>;

export function createRedisRegistry(options: {
  readonly redis: RedisLink;
  readonly prefix: string;
  readonly leaseMs: number;
  readonly clock: Clock;
}): Registry {
  const { redis, clock, leaseMs } = options;
  const prefix = `${options.prefix}clatter:presence:1:`;
  for (const [name, lua] of Object.entries(scripts)) redis.client.defineCommand(name, { numberOfKeys: 0, lua });
  /** What a script answers, texts as bytes. */
  const run = (name: keyof typeof scripts, ...args: Argument[]): Promise<unknown> =>
    redis.call(
      (client) => (client as Redis & Record<string, Script>)[`${name}Buffer`]?.(prefix, ...args) as Promise<unknown>,
    );

  const unregister = async (gatewayId: string, numbers: readonly (string | number)[]): Promise<Connection[]> => {
    const gone: Connection[] = [];
    for (const some of parts(numbers, SCRIPT_MAX))
      gone.push(...decoded(await run('unregisterConnections', leaseMs, gatewayId, ...some)));
    return gone;
  };

  return {
    async register({ gatewayId, address }, connections, replace) {
      const entries = connections.map(
        (one) => [one.connection, one.userId, Buffer.from(Connection.encode(one))] as const,
      );
      // The lease goes first, also without connections, so that nobody reaps what is being registered.
      let anew = replace;
      for (const some of parts(entries, SCRIPT_MAX, 1)) {
        await run('registerConnections', leaseMs, gatewayId, address, anew ? 1 : 0, ...some.flat());
        anew = false;
      }
      if (!replace) return [];
      const kept = new Set(connections.map(({ connection }) => `${connection}`));
      const known = await redis.call((client) => client.hkeys(`${prefix}connections:${gatewayId}`));
      return unregister(
        gatewayId,
        known.filter((number) => !kept.has(number)),
      );
    },
    unregister: (gatewayId, connections) =>
      unregister(
        gatewayId,
        connections.map(({ connection }) => connection),
      ),
    async renew({ gatewayId, address }, digest, count, channels) {
      const known = [digest, count, channels?.digest ?? '', channels?.count ?? 0];
      return (await run('renewLease', leaseMs, gatewayId, address, ...known)) === 1;
    },
    async update(connection) {
      const { gatewayId, userId } = connection;
      const bytes = Buffer.from(Connection.encode(connection));
      await run('updateConnection', leaseMs, gatewayId, connection.connection, userId, bytes);
    },
    async locate(userIds) {
      const found = await Promise.all([...parts(userIds, LOCATE_MAX)].map((some) => run('locateUsers', ...some)));
      return found.flatMap(decoded);
    },
    async watch(gatewayId, userIds, unwatchIds) {
      for (const some of parts(userIds, SCRIPT_MAX, 1))
        await run('watchUsers', leaseMs, gatewayId, some.length, ...some);
      for (const some of parts(unwatchIds, SCRIPT_MAX)) await run('watchUsers', leaseMs, gatewayId, 0, ...some);
    },
    async interest(gatewayId, channelIds, endedIds, replace) {
      let ended = endedIds;
      if (replace) {
        const kept = new Set(channelIds);
        const known = await redis.call((client) => client.smembers(`${prefix}interests:${gatewayId}`));
        ended = known.filter((id) => !kept.has(id));
      }
      for (const some of parts(ended, SCRIPT_MAX)) await run('interestIn', leaseMs, gatewayId, 0, ...some);
      for (const some of parts(channelIds, SCRIPT_MAX, 1))
        await run('interestIn', leaseMs, gatewayId, some.length, ...some);
    },
    async interested(channelIds) {
      const found = await Promise.all(
        [...parts(channelIds, SCRIPT_MAX)].map((some) => run('interestedGateways', ...some) as Promise<Buffer[][]>),
      );
      return found.flat().map((gatewayIds) => gatewayIds.map(String));
    },
    watchers: (userId) => redis.call((client) => client.smembers(`${prefix}watchers:${userId}`)),
    async gateways(): Promise<Gateway[]> {
      const texts = ((await run('liveGateways', leaseMs)) as Buffer[]).map(String);
      return [...parts(texts, 2)].map(([gatewayId = '', address = '']) => ({ gatewayId, address }));
    },
    async settle(userId, agoMs) {
      await run('settleUser', leaseMs, userId, agoMs);
    },
    async unsettled(agoMs, againMs) {
      return ((await run('unsettledUsers', leaseMs, agoMs, againMs, SCRIPT_MAX)) as Buffer[]).map(String);
    },
    async endLease(gatewayId) {
      await redis.call((client) => client.zadd(`${prefix}leases`, 'XX', 0, gatewayId));
    },
    async reap(): Promise<Reaped> {
      const connections: Connection[] = [];
      try {
        for (;;) {
          const answer = await run('reapGateway', leaseMs, SCRIPT_MAX);
          const [more, nextInMs, ...taken] = answer as [number, number, ...Buffer[]];
          connections.push(...decoded(taken));
          if (more === 0) return { connections, nextMs: clock.nowMs() + nextInMs };
        }
      } catch (error) {
        // What was taken is told of, whatever became of the rest.
        if (connections.length === 0) throw error;
        return { connections, nextMs: clock.nowMs() };
      }
    },
  };
}

/** Parts of a list, of at most `max`; at least `least` parts. */
function* parts<T>(list: readonly T[], max: number, least = 0): Generator<readonly T[]> {
  for (let from = 0, count = 0; from < list.length || count < least; from += max, count++)
    yield list.slice(from, from + max);
}

const decoded = (values: unknown): Connection[] => (values as Buffer[]).map((bytes) => Connection.decode(bytes));
