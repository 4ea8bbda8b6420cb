#!/usr/bin/env node
/** Messages as a process of its own. */
import { DeliveryService } from '@clatter/contracts/gateway';
import { MessagesService } from '@clatter/contracts/messages';
import { PresenceService } from '@clatter/contracts/presence';
import { openKafkaLog } from '@clatter/log';
import { runServiceProcess } from '@clatter/runtime';
import { connect, loadGrpcOptions, PeerDirectory, peersOf, serve, serveGrpc } from '@clatter/runtime/grpc';
import { createCassandraMessageStore } from './adapters/cassandra-message-store.ts';
import { messagesProcessConfig } from './process-config.ts';
import { createMessages } from './service.ts';

await runServiceProcess('messages', messagesProcessConfig, async (process) => {
  const { config, logger, metrics, clock, ready } = process;
  const grpc = loadGrpcOptions(config, logger);
  const store = createCassandraMessageStore({ config, logger, metrics, clock });
  process.onStop(() => store.close());
  process.needs(() => store.health());
  const [log, presence] = await Promise.all([
    openKafkaLog(process, 'messages'),
    connect(process, 'presence', PresenceService, { ...grpc, target: config.CLATTER_PRESENCE_URL }),
    store.ready(),
  ]);
  const gateways = new PeerDirectory({
    descriptor: DeliveryService,
    grpc,
    list: async () => peersOf(await presence.listGateways({})),
    clock,
    logger,
  });
  process.onStop(() => gateways.close());
  gateways.start();
  const messages = createMessages({ config, log, store, presence, gateways, logger, metrics, clock });
  await process.start(messages);
  const server = await serveGrpc({
    ...grpc,
    host: config.CLATTER_MESSAGES_GRPC_HOST,
    port: config.CLATTER_MESSAGES_GRPC_PORT,
    portSetting: 'CLATTER_MESSAGES_GRPC_PORT',
    services: [serve(MessagesService, () => messages.messages)],
    ready,
    logger,
  });
  process.onStop(() => server.close());
});
