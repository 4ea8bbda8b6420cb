/** Settings of notifications. */
import { z } from 'zod';

export const notificationsConfig = z.object({
  CLATTER_NOTIFICATIONS_PREVIEW: z
    .enum(['full', 'none'])
    .default('full')
    .describe('Whether a push shows the beginning of the message: full or none'),
});

export type NotificationsConfig = z.infer<typeof notificationsConfig>;
