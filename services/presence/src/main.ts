#!/usr/bin/env node
/** Presence as a process of its own. */
import { DeliveryService } from '@clatter/contracts/gateway';
import { PresenceService } from '@clatter/contracts/presence';
import { openKafkaLog } from '@clatter/log';
import { runServiceProcess } from '@clatter/runtime';
import { loadGrpcOptions, PeerDirectory, peersOf, serve, serveGrpc } from '@clatter/runtime/grpc';
import { presenceProcessConfig } from './process-config.ts';
import { createPresence } from './service.ts';

await runServiceProcess('presence', presenceProcessConfig, async (process) => {
  const { config, logger, clock, ready } = process;
  const grpc = loadGrpcOptions(config, logger);
  const log = await openKafkaLog(process, 'presence');
  const gateways = new PeerDirectory({
    descriptor: DeliveryService,
    grpc,
    list: async () => peersOf(await presence.presence.listGateways({})),
    clock,
    logger,
  });
  const presence = createPresence({ config, log, logger, clock, gateways: (id) => gateways.get(id) });
  await process.start(presence);
  gateways.start();
  process.onStop(() => gateways.close());
  const server = await serveGrpc({
    ...grpc,
    host: config.CLATTER_PRESENCE_GRPC_HOST,
    port: config.CLATTER_PRESENCE_GRPC_PORT,
    portSetting: 'CLATTER_PRESENCE_GRPC_PORT',
    services: [serve(PresenceService, () => presence.presence)],
    ready,
    logger,
  });
  process.onStop(() => server.close());
});
