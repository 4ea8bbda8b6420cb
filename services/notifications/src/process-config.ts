/** Settings of notifications as a process of its own, beside those that it has anywhere. */
import { kafkaConfig } from '@clatter/log';
import { dataConfig, grpcHost, grpcPort, processConfig } from '@clatter/runtime';
import { grpcConfig, grpcTarget } from '@clatter/runtime/grpc';
import { notificationsConfig } from './config.ts';

export const notificationsProcessConfig = processConfig(8095)
  .extend({
    CLATTER_NOTIFICATIONS_GRPC_PORT: grpcPort(8195, 'notifications'),
    CLATTER_NOTIFICATIONS_GRPC_HOST: grpcHost('notifications'),
    CLATTER_AUTH_URL: grpcTarget('127.0.0.1:8192', 'Where auth is called'),
    CLATTER_MESSAGES_URL: grpcTarget('127.0.0.1:8193', 'Where messages is called'),
    CLATTER_PRESENCE_URL: grpcTarget('127.0.0.1:8194', 'Where presence is called'),
  })
  .extend(grpcConfig.shape)
  .extend(kafkaConfig.shape)
  .extend(dataConfig.shape)
  .extend(notificationsConfig.shape);
