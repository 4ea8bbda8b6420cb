/** Settings of messages as a process of its own, beside those that it has anywhere. */
import { kafkaConfig } from '@clatter/log';
import { grpcHost, grpcPort, processConfig } from '@clatter/runtime';
import { grpcConfig, grpcTarget } from '@clatter/runtime/grpc';
import { cassandraConfig } from './cassandra-config.ts';
import { messagesConfig } from './config.ts';

export const messagesProcessConfig = processConfig(8093)
  .extend({
    CLATTER_MESSAGES_GRPC_PORT: grpcPort(8193, 'messages'),
    CLATTER_MESSAGES_GRPC_HOST: grpcHost('messages'),
    CLATTER_PRESENCE_URL: grpcTarget('127.0.0.1:8194', 'Where presence is called'),
  })
  .extend(grpcConfig.shape)
  .extend(kafkaConfig.shape)
  .extend(cassandraConfig.shape)
  .extend(messagesConfig.shape);
