#!/usr/bin/env node
/** Notifications as a process of its own. */
import { AuthService } from '@clatter/contracts/auth';
import { MessagesService } from '@clatter/contracts/messages';
import { NotificationsService } from '@clatter/contracts/notifications';
import { PresenceService } from '@clatter/contracts/presence';
import { openKafkaLog } from '@clatter/log';
import { randomIds, runServiceProcess } from '@clatter/runtime';
import { connect, loadGrpcOptions, serve, serveGrpc } from '@clatter/runtime/grpc';
import { notificationsProcessConfig } from './process-config.ts';
import { createNotifications } from './service.ts';

await runServiceProcess('notifications', notificationsProcessConfig, async (process) => {
  const { config, logger, metrics, clock, ready } = process;
  const grpc = loadGrpcOptions(config, logger);
  const [log, auth, messages, presence] = await Promise.all([
    openKafkaLog(process, 'notifications'),
    connect(process, 'auth', AuthService, { ...grpc, target: config.CLATTER_AUTH_URL }),
    connect(process, 'messages', MessagesService, { ...grpc, target: config.CLATTER_MESSAGES_URL }),
    connect(process, 'presence', PresenceService, { ...grpc, target: config.CLATTER_PRESENCE_URL }),
  ]);
  const dataDir = config.CLATTER_DATA_DIR;
  const notifications = createNotifications({
    config,
    log,
    logger,
    metrics,
    clock,
    messages,
    presence,
    auth: () => auth,
    dataDir,
    instance: randomIds.v7().replaceAll('-', ''),
  });
  await process.start(notifications);
  const server = await serveGrpc({
    ...grpc,
    host: config.CLATTER_NOTIFICATIONS_GRPC_HOST,
    port: config.CLATTER_NOTIFICATIONS_GRPC_PORT,
    portSetting: 'CLATTER_NOTIFICATIONS_GRPC_PORT',
    services: [serve(NotificationsService, () => notifications.notifications)],
    ready,
    logger,
  });
  process.onStop(() => server.close());
});
