#!/usr/bin/env node
/** A gateway as a process of its own. */
import { AuthService, FactorsService, PeopleService, SsoService } from '@clatter/contracts/auth';
import { DeliveryService } from '@clatter/contracts/gateway';
import { MessagesService } from '@clatter/contracts/messages';
import { PresenceService } from '@clatter/contracts/presence';
import { openKafkaLog } from '@clatter/log';
import { runServiceProcess } from '@clatter/runtime';
import { connect, connectPeer, loadGrpcOptions, serve, serveGrpc } from '@clatter/runtime/grpc';
import { gatewayProcessConfig } from './process-config.ts';
import { createGateway } from './service.ts';

await runServiceProcess('gateway', gatewayProcessConfig, async (process) => {
  const { config, logger, metrics, clock, ids, ready } = process;
  const grpc = loadGrpcOptions(config, logger);
  const [log, auth, messages, presence] = await Promise.all([
    openKafkaLog(process, 'gateway'),
    connectPeer(process, 'auth', { ...grpc, target: config.CLATTER_AUTH_URL }),
    connect(process, 'messages', MessagesService, { ...grpc, target: config.CLATTER_MESSAGES_URL }),
    connect(process, 'presence', PresenceService, { ...grpc, target: config.CLATTER_PRESENCE_URL }),
  ]);
  const [accounts, factors, people, sso] = [
    auth.calls(AuthService),
    auth.calls(FactorsService),
    auth.calls(PeopleService),
    auth.calls(SsoService),
  ];
  const host = config.CLATTER_GATEWAY_GRPC_HOST;
  const gateway = createGateway({
    config,
    // A name of its own for each run: what is left of an earlier one speaks of connections that are gone.
    gatewayId: ids.v7(),
    address: () => config.CLATTER_GATEWAY_ADDRESS || `${host.includes(':') ? `[${host}]` : host}:${server.port}`,
    log,
    auth: () => accounts,
    factors: () => factors,
    people: () => people,
    sso: () => sso,
    tokens: { issuer: config.CLATTER_AUTH_ISSUER, audience: config.CLATTER_AUTH_AUDIENCE },
    messages,
    presence,
    logger,
    metrics,
    clock,
    ids,
  });
  const server = await serveGrpc({
    ...grpc,
    host,
    port: config.CLATTER_GATEWAY_GRPC_PORT,
    portSetting: 'CLATTER_GATEWAY_GRPC_PORT',
    services: [serve(DeliveryService, () => gateway.delivery, gateway.onStreamLost)],
    ready,
    logger,
  });
  process.onStop(() => server.close());
  await process.start(gateway);
});
