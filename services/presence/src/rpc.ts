/** The calls of presence. Identical for a direct call and for gRPC. */
import { Connection, type PresenceService } from '@clatter/contracts/presence';
import type { Input } from '@clatter/wire';
import type { Registry } from './ports.ts';
import type { PublishSession } from './session-records.ts';
import type { WatchFeed } from './watch-feed.ts';

export interface RpcParts {
  readonly registry: Registry;
  readonly leaseMs: number;
  readonly feed: WatchFeed;
  readonly publish: PublishSession;
  /** These were taken out of the registry. */
  readonly onGone: (connections: readonly Connection[]) => void;
}

export function presenceRpc({ registry, leaseMs, feed, publish, onGone }: RpcParts): PresenceService {
  // Copies: a gateway in this process changes its connections in place.
  const whole = (connections: readonly Input<Connection>[] = []): Connection[] =>
    connections.map((connection) => Connection.create(connection as Partial<Connection>));

  return {
    async register({ gatewayId = '', address = '', connections, replace = false }) {
      const added = whole(connections);
      onGone(await registry.register({ gatewayId, address }, added, replace));
      for (const connection of added) {
        if (!replace) publish(connection, 'CONNECTED');
        feed.changed(connection.userId);
      }
      return {};
    },
    async renew({ gatewayId = '', address = '', digest = '', count = 0, interestDigest = '', interestCount = 0 }) {
      // A gateway from before there were channels says nothing of them.
      const channels = interestDigest === '' ? undefined : { digest: interestDigest, count: interestCount };
      return { known: await registry.renew({ gatewayId, address }, digest, count, channels), leaseMs };
    },
    async unregister({ gatewayId = '', connections, leaving = false }) {
      onGone(await registry.unregister(gatewayId, whole(connections)));
      if (leaving) {
        await registry.endLease(gatewayId);
        onGone((await registry.reap()).connections);
      }
      return {};
    },
    async locate({ userIds = [], channelIds = [] }) {
      const [connections, interested] = await Promise.all([
        registry.locate(userIds),
        channelIds.length > 0 ? registry.interested(channelIds) : [],
      ]);
      return { connections, interested: interested.map((gatewayIds) => ({ gatewayIds })) };
    },
    async interest({ gatewayId = '', channelIds = [], endedIds = [], replace = false }) {
      await registry.interest(gatewayId, channelIds, endedIds, replace);
      return {};
    },
    async setStatus({ connection = {} }) {
      const [changed] = whole([connection]) as [Connection];
      await registry.update(changed);
      feed.changed(changed.userId);
      return {};
    },
    async watch({ gatewayId = '', userIds = [], unwatchIds = [] }) {
      await registry.watch(gatewayId, userIds, unwatchIds);
      return { states: await feed.answer(userIds) };
    },
    async listGateways() {
      return { gateways: await registry.gateways() };
    },
  };
}
