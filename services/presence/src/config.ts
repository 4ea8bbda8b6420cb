/** Settings of presence. */
import { redisConfig } from '@clatter/runtime/redis';
import { z } from 'zod';

export const presenceConfig = z.object({
  ...redisConfig.shape,
  CLATTER_PRESENCE_LEASE_MS: z.coerce
    .number()
    .int()
    .min(1000)
    .default(15_000)
    .describe('A gateway that does not renew for so long is dead, and its people are offline'),
  CLATTER_PRESENCE_GRACE_MS: z.coerce
    .number()
    .int()
    .min(0)
    .default(5000)
    .describe('A disconnected person is shown as offline only after so long'),
});

export type PresenceConfig = z.infer<typeof presenceConfig>;
