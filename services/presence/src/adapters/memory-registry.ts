/**
 * The Registry of one process. userId → its connections, its watching gateways, when it left; gateway → lease, address, connections and digest,
 * channels and their digest; channel → gateways.
 */
import type { Connection, Gateway } from '@clatter/contracts/presence';
import { type Clock, ConnectionDigest, IdDigest } from '@clatter/runtime';
import type { Reaped, Registry } from '../ports.ts';

/** People who are given at once. */
const UNSETTLED_MAX = 500;

interface Lease {
  untilMs: number;
  address: string;
  readonly connections: Map<number, Connection>;
  readonly digest: ConnectionDigest;
  readonly watched: Set<string>;
  readonly channels: Set<string>;
  readonly channelDigest: IdDigest;
}

export function createMemoryRegistry(clock: Clock, leaseMs: number): Registry {
  const gateways = new Map<string, Lease>();
  const byUser = new Map<string, Connection[]>();
  const watchersOf = new Map<string, Set<string>>();
  /** Channel → the gateways that have members of it. */
  const interestedIn = new Map<string, Set<string>>();
  /** When people left of whom it is not known that watchers were told. */
  const leftMs = new Map<string, number>();

  const leased = (id: string, address = ''): Lease => {
    let gateway = gateways.get(id);
    if (!gateway) {
      gateway = {
        untilMs: 0,
        address,
        connections: new Map(),
        digest: new ConnectionDigest(),
        watched: new Set(),
        channels: new Set(),
        channelDigest: new IdDigest(),
      };
      gateways.set(id, gateway);
    }
    if (address !== '') gateway.address = address;
    gateway.untilMs = clock.nowMs() + leaseMs;
    return gateway;
  };

  const remove = (gateway: Lease, number: number): Connection | undefined => {
    const connection = gateway.connections.get(number);
    if (!connection) return undefined;
    gateway.connections.delete(number);
    gateway.digest.remove(connection);
    const rest = (byUser.get(connection.userId) ?? []).filter((other) => other !== connection);
    if (rest.length > 0) byUser.set(connection.userId, rest);
    else byUser.delete(connection.userId);
    return connection;
  };

  const takeAway = (gateway: Lease, number: number): readonly Connection[] => {
    const connection = remove(gateway, number);
    if (!connection) return [];
    leftMs.set(connection.userId, clock.nowMs());
    return [connection];
  };

  const add = (gateway: Lease, connection: Connection): void => {
    remove(gateway, connection.connection);
    gateway.connections.set(connection.connection, connection);
    gateway.digest.add(connection);
    // A list of its own for each change: locate hands the lists out.
    byUser.set(connection.userId, [...(byUser.get(connection.userId) ?? []), connection]);
  };

  const unwatch = (gatewayId: string, gateway: Lease | undefined, userId: string): void => {
    gateway?.watched.delete(userId);
    const watchers = watchersOf.get(userId);
    watchers?.delete(gatewayId);
    if (watchers?.size === 0) watchersOf.delete(userId);
  };

  const endInterest = (gatewayId: string, gateway: Lease, channelId: string): void => {
    if (!gateway.channels.delete(channelId)) return;
    gateway.channelDigest.remove(channelId);
    const interested = interestedIn.get(channelId);
    interested?.delete(gatewayId);
    if (interested?.size === 0) interestedIn.delete(channelId);
  };

  return {
    async register({ gatewayId, address }, connections, replace) {
      const gateway = leased(gatewayId, address);
      const kept = new Set(connections.map(({ connection }) => connection));
      const dropped = replace ? [...gateway.connections.keys()].filter((number) => !kept.has(number)) : [];
      const gone = dropped.flatMap((number) => takeAway(gateway, number));
      for (const connection of connections) add(gateway, connection);
      return gone;
    },
    async unregister(gatewayId, connections) {
      const gateway = gateways.get(gatewayId);
      return gateway ? connections.flatMap(({ connection }) => takeAway(gateway, connection)) : [];
    },
    async renew({ gatewayId, address }, digest, count, channels) {
      const known = gateways.has(gatewayId);
      const gateway = leased(gatewayId, address);
      const same = gateway.connections.size === count && gateway.digest.toString() === digest;
      if (!known || !same || !channels) return known && same;
      return gateway.channels.size === channels.count && gateway.channelDigest.toString() === channels.digest;
    },
    async interest(gatewayId, channelIds, endedIds, replace) {
      const gateway = leased(gatewayId);
      const kept = new Set(channelIds);
      const ended = replace ? [...gateway.channels].filter((id) => !kept.has(id)) : endedIds;
      for (const id of ended) endInterest(gatewayId, gateway, id);
      for (const id of kept) {
        if (gateway.channels.has(id)) continue;
        gateway.channels.add(id);
        gateway.channelDigest.add(id);
        const interested = interestedIn.get(id);
        if (interested) interested.add(gatewayId);
        else interestedIn.set(id, new Set([gatewayId]));
      }
    },
    interested: async (channelIds) => channelIds.map((id) => [...(interestedIn.get(id) ?? [])]),
    async update(connection) {
      const gateway = gateways.get(connection.gatewayId);
      if (gateway?.connections.has(connection.connection)) add(gateway, connection);
    },
    async locate(userIds) {
      const found: Connection[] = [];
      for (const userId of userIds) {
        const connections = byUser.get(userId);
        if (connections) for (const connection of connections) found.push(connection);
      }
      return found;
    },
    async watch(gatewayId, userIds, unwatchIds) {
      const gateway = leased(gatewayId);
      for (const userId of unwatchIds) unwatch(gatewayId, gateway, userId);
      for (const userId of userIds) {
        gateway.watched.add(userId);
        const watchers = watchersOf.get(userId);
        if (watchers) watchers.add(gatewayId);
        else watchersOf.set(userId, new Set([gatewayId]));
      }
    },
    watchers: async (userId) => [...(watchersOf.get(userId) ?? [])],
    async gateways(): Promise<Gateway[]> {
      const now = clock.nowMs();
      return [...gateways].flatMap(([gatewayId, { address, untilMs }]) =>
        address !== '' && untilMs > now ? [{ gatewayId, address }] : [],
      );
    },
    async settle(userId, agoMs) {
      if ((leftMs.get(userId) ?? Number.POSITIVE_INFINITY) <= clock.nowMs() - agoMs) leftMs.delete(userId);
    },
    async unsettled(agoMs, againMs) {
      const now = clock.nowMs();
      const found = [...leftMs]
        .filter(([, ms]) => ms <= now - agoMs)
        .sort(([, a], [, b]) => a - b)
        .slice(0, UNSETTLED_MAX);
      for (const [userId] of found) leftMs.set(userId, now - agoMs + againMs);
      return found.map(([userId]) => userId);
    },
    async endLease(gatewayId) {
      const gateway = gateways.get(gatewayId);
      if (gateway) gateway.untilMs = 0;
    },
    async reap(): Promise<Reaped> {
      const connections: Connection[] = [];
      const now = clock.nowMs();
      let nextMs = now + leaseMs;
      for (const [id, gateway] of gateways) {
        if (gateway.untilMs > now) {
          nextMs = Math.min(nextMs, gateway.untilMs);
          continue;
        }
        for (const number of [...gateway.connections.keys()]) connections.push(...takeAway(gateway, number));
        for (const userId of [...gateway.watched]) unwatch(id, gateway, userId);
        for (const channelId of [...gateway.channels]) endInterest(id, gateway, channelId);
        gateways.delete(id);
      }
      return { connections, nextMs };
    },
  };
}
