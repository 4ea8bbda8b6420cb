/** Wires presence: the registry, what watchers are told, and the calls. */
import type { DeliveryService } from '@clatter/contracts/gateway';
import type { Connection, PresenceService } from '@clatter/contracts/presence';
import type { Consumer, EventLog } from '@clatter/log';
import type { Clock, Logger, Service } from '@clatter/runtime';
import { type RedisLink, redisOf } from '@clatter/runtime/redis';
import { createMemoryRegistry } from './adapters/memory-registry.ts';
import { createRedisRegistry } from './adapters/redis-registry.ts';
import type { PresenceConfig } from './config.ts';
import type { Registry } from './ports.ts';
import { presenceRpc } from './rpc.ts';
import { hearSessions, sessionRecords } from './session-records.ts';
import { WatchFeed } from './watch-feed.ts';

/** How often to look for people of whom a process that died has not told. */
const UNSETTLED_EVERY_MS = 1000;

export interface PresenceParts {
  readonly config: PresenceConfig;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Undefined for a gateway that is gone. */
  readonly gateways: (gatewayId: string) => DeliveryService | undefined;
}

export function createPresence({
  config,
  log,
  logger,
  clock,
  gateways,
}: PresenceParts): Service & { readonly presence: PresenceService } {
  const leaseMs = config.CLATTER_PRESENCE_LEASE_MS;
  const redis = redisOf(config, logger);
  const registry = openRegistry(config, redis, clock);
  const shared = redis !== undefined;
  const graceMs = config.CLATTER_PRESENCE_GRACE_MS;
  const feed = new WatchFeed({ registry, gateways, clock, logger, graceMs, shared });
  const publish = sessionRecords(log.producer(), clock, logger);
  const onGone = (connections: readonly Connection[]): void => {
    for (const connection of connections) {
      publish(connection, 'DISCONNECTED');
      feed.left(connection);
    }
  };
  let cancelReap: (() => void) | undefined;
  let cancelLook: (() => void) | undefined;
  let failing = false;
  let heard: Consumer | undefined;

  /** Reaps when the next lease runs out: the people of a dead gateway are offline after its lease and the grace, no later. */
  const reapAfter = (delayMs: number): void => {
    cancelReap = clock.timer(delayMs, async () => {
      let nextMs = clock.nowMs() + leaseMs / 3;
      try {
        const reaped = await registry.reap();
        onGone(reaped.connections);
        nextMs = reaped.nextMs;
        failing = false;
      } catch (error) {
        if (!failing) logger.warn({ err: error }, 'dead gateways were not dropped; it is tried again');
        failing = true;
      }
      if (cancelReap) reapAfter(Math.max(1, nextMs - clock.nowMs()));
    });
  };

  const lookAgain = (): void => {
    cancelLook = clock.timer(UNSETTLED_EVERY_MS, async () => {
      // A registry that is away is told of by whoever reaps.
      await feed.tellUnsettled().catch(() => undefined);
      if (cancelLook) lookAgain();
    });
  };

  return {
    name: 'presence',
    presence: presenceRpc({ registry, leaseMs, feed, publish, onGone }),
    async start() {
      await redis?.open();
      if (shared) {
        heard = hearSessions(log, feed, logger);
        lookAgain();
      }
      reapAfter(leaseMs);
    },
    async stop() {
      cancelReap?.();
      cancelReap = undefined;
      cancelLook?.();
      cancelLook = undefined;
      await heard?.close();
      feed.close();
      await redis?.close();
    },
    ready() {
      const { ok, reason } = redis?.health() ?? { ok: true, reason: '' };
      return { ok, reasons: ok ? [] : [reason] };
    },
  };
}

function openRegistry(config: PresenceConfig, redis: RedisLink | undefined, clock: Clock): Registry {
  const leaseMs = config.CLATTER_PRESENCE_LEASE_MS;
  if (!redis) return createMemoryRegistry(clock, leaseMs);
  return createRedisRegistry({ redis, prefix: config.CLATTER_REDIS_PREFIX, leaseMs, clock });
}
