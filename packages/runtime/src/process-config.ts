/** Settings that each process has, whatever it runs. */
import { z } from 'zod';

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);

/** @param healthPort one of its own for each service, so that all of them run on one machine */
export const processConfig = (healthPort: number) =>
  z.object({
    CLATTER_HEALTH_PORT: port(healthPort).describe('Port of /livez, /readyz and /metrics'),
    CLATTER_HEALTH_HOST: z.string().min(1).default('127.0.0.1').describe('Address that the health port listens on'),
    CLATTER_LOG_LEVEL: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .default('info')
      .describe('What is logged: fatal, error, warn, info, debug, trace or silent'),
  });

/** Where a process takes calls. */
export const grpcPort = (fallback: number, service: string) => port(fallback).describe(`Port of calls to ${service}`);
export const grpcHost = (service: string) =>
  z.string().min(1).default('127.0.0.1').describe(`Address that calls to ${service} are taken on`);

/** Of a service that keeps files. */
export const dataConfig = z.object({
  CLATTER_DATA_DIR: z
    .string()
    .min(1)
    .default('data')
    .describe('Folder for everything that is kept; made when it is not there'),
});
