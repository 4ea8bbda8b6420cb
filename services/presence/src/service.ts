/** Wires presence: the registry, what watchers are told, and the calls. */
import type { DeliveryService } from '@clatter/contracts/gateway';
import type { PresenceService } from '@clatter/contracts/presence';
import type { EventLog } from '@clatter/log';
import type { Clock, Logger, Service } from '@clatter/runtime';
import { createMemoryRegistry } from './adapters/memory-registry.ts';
import type { PresenceConfig } from './config.ts';
import { presenceRpc } from './rpc.ts';
import { WatchFeed } from './watch-feed.ts';

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
  const registry = createMemoryRegistry(clock, leaseMs);
  const feed = new WatchFeed({ registry, gateways, clock, logger, graceMs: config.CLATTER_PRESENCE_GRACE_MS });
  let cancelReap: (() => void) | undefined;

  const scheduleReap = (): void => {
    cancelReap = clock.timer(leaseMs / 3, () => {
      registry.reap().then(
        (people) => {
          for (const userId of people) feed.changed(userId, true);
        },
        (error) => logger.warn({ err: error }, 'dead gateways were not dropped; it is tried again'),
      );
      scheduleReap();
    });
  };

  return {
    name: 'presence',
    presence: presenceRpc({ registry, feed, producer: log.producer(), clock, logger }),
    async start() {
      scheduleReap();
    },
    async stop() {
      cancelReap?.();
      feed.close();
    },
    ready: () => ({ ok: true, reasons: [] }),
  };
}
