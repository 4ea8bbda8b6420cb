/** Settings of auth as a process of its own, beside those that it has anywhere. */
import { kafkaConfig } from '@clatter/log';
import { dataConfig, grpcHost, grpcPort, processConfig } from '@clatter/runtime';
import { grpcConfig } from '@clatter/runtime/grpc';
import { authConfig } from './config.ts';

export const authProcessConfig = processConfig(8092)
  .extend({
    CLATTER_AUTH_GRPC_PORT: grpcPort(8192, 'auth'),
    CLATTER_AUTH_GRPC_HOST: grpcHost('auth'),
  })
  .extend(grpcConfig.shape)
  .extend(kafkaConfig.shape)
  .extend(dataConfig.shape)
  .extend(authConfig.shape);
