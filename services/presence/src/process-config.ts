/** Settings of presence as a process of its own, beside those that it has anywhere. */
import { kafkaConfig } from '@clatter/log';
import { grpcHost, grpcPort, processConfig } from '@clatter/runtime';
import { grpcConfig } from '@clatter/runtime/grpc';
import { presenceConfig } from './config.ts';

export const presenceProcessConfig = processConfig(8094)
  .extend({
    CLATTER_PRESENCE_GRPC_PORT: grpcPort(8194, 'presence'),
    CLATTER_PRESENCE_GRPC_HOST: grpcHost('presence'),
  })
  .extend(grpcConfig.shape)
  .extend(kafkaConfig.shape)
  .extend(presenceConfig.shape);
