/** Settings of gateway as a process of its own, beside those that it has anywhere. */
import { kafkaConfig } from '@clatter/log';
import { grpcHost, grpcPort, processConfig } from '@clatter/runtime';
import { grpcConfig, grpcTarget } from '@clatter/runtime/grpc';
import { z } from 'zod';
import { gatewayConfig } from './config.ts';

export const gatewayProcessConfig = processConfig(8091)
  .extend({
    CLATTER_GATEWAY_GRPC_PORT: grpcPort(8191, 'gateway'),
    CLATTER_GATEWAY_GRPC_HOST: grpcHost('gateway'),
    CLATTER_GATEWAY_ADDRESS: z
      .string()
      .regex(/^$|^(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}$/, 'want host:port')
      .default('')
      .describe('host:port where others call this gateway; empty: the address that it takes calls on'),
    // As auth has them.
    CLATTER_AUTH_ISSUER: z.string().min(1).default('clatter').describe('`iss` of access tokens'),
    CLATTER_AUTH_AUDIENCE: z.string().min(1).default('clatter').describe('`aud` of access tokens'),
    CLATTER_AUTH_URL: grpcTarget('127.0.0.1:8192', 'Where auth is called'),
    CLATTER_MESSAGES_URL: grpcTarget('127.0.0.1:8193', 'Where messages is called'),
    CLATTER_PRESENCE_URL: grpcTarget('127.0.0.1:8194', 'Where presence is called'),
  })
  .extend(grpcConfig.shape)
  .extend(kafkaConfig.shape)
  .extend(gatewayConfig.shape);
