/** Settings of the one-process platform, beside those of its services. */
import { z } from 'zod';

export const standaloneConfig = z.object({
  CLATTER_DATA_DIR: z
    .string()
    .min(1)
    .default('data')
    .describe('Folder for everything that is kept; made when it is not there'),
  CLATTER_HEALTH_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(8090)
    .describe('Port of /livez, /readyz and /metrics'),
  CLATTER_HEALTH_HOST: z.string().min(1).default('127.0.0.1').describe('Address that the health port listens on'),
  CLATTER_LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('What is logged: fatal, error, warn, info, debug, trace or silent'),
});
