/** The calls of presence. Identical for a direct call and for gRPC. */
import { Connection, type PresenceService, SessionRecord } from '@clatter/contracts/presence';
import { type Producer, topics } from '@clatter/log';
import type { Clock, Logger } from '@clatter/runtime';
import type { Input } from '@clatter/wire';
import type { Registry } from './ports.ts';
import type { WatchFeed } from './watch-feed.ts';

export function presenceRpc(parts: {
  registry: Registry;
  feed: WatchFeed;
  producer: Producer;
  clock: Clock;
  logger: Logger;
}): PresenceService {
  const { registry, feed, producer, clock, logger } = parts;

  const publish = (connection: Connection, change: 'CONNECTED' | 'DISCONNECTED'): void => {
    const value = SessionRecord.encode({ connection, atMs: clock.nowMs(), change });
    producer
      .send(topics.sessions.name, { key: connection.userId, value, headers: { schema: 'presence.v1.SessionRecord' } })
      .catch((error) => logger.warn({ err: error }, 'a connection was not told to the other services'));
  };
  const whole = (connections: readonly Input<Connection>[] = []): Connection[] =>
    connections.map((connection) => Connection.create(connection as Partial<Connection>));

  return {
    async register({ gatewayId = '', connections, replace = false }) {
      const added = whole(connections);
      await registry.register(gatewayId, added, replace);
      for (const connection of added) {
        if (!replace) publish(connection, 'CONNECTED');
        feed.changed(connection.userId, false);
      }
      return {};
    },
    async renew({ gatewayId = '', digest = '', count = 0 }) {
      return { known: await registry.renew(gatewayId, digest, count) };
    },
    async unregister({ gatewayId = '', connections }) {
      const removed = whole(connections);
      await registry.unregister(gatewayId, removed);
      for (const connection of removed) {
        publish(connection, 'DISCONNECTED');
        feed.changed(connection.userId, true);
      }
      return {};
    },
    async locate({ userIds = [] }) {
      return { connections: await registry.locate(userIds) };
    },
    async setStatus({ connection = {} }) {
      const [changed] = whole([connection]) as [Connection];
      await registry.update(changed);
      feed.changed(changed.userId, false);
      return {};
    },
    async watch({ gatewayId = '', userIds = [], unwatchIds = [] }) {
      await registry.watch(gatewayId, userIds, unwatchIds);
      return { states: await feed.states(userIds) };
    },
  };
}
