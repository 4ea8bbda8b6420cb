/** Settings of messages. */
import { z } from 'zod';

export const messagesConfig = z.object({
  CLATTER_MESSAGES_EPOCH: z.coerce
    .number()
    .int()
    .min(0)
    .max(31)
    .default(0)
    .describe('Epoch of the command log; raised by an operator when the log was replaced'),
  CLATTER_MESSAGES_CACHE_BYTES_MAX: z.coerce
    .number()
    .int()
    .min(1 << 20)
    .default(256 << 20)
    .describe('Memory for the states of conversations that were spoken to lately'),
  CLATTER_MESSAGES_QUEUE_BYTES_MAX: z.coerce
    .number()
    .int()
    .min(1 << 16)
    .default(16 << 20)
    .describe('Frames that may wait for one gateway; past it they are dropped and its sessions sync'),
});

export type MessagesConfig = z.infer<typeof messagesConfig>;
