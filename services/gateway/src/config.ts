/** Settings of the gateway. */
import { z } from 'zod';

const count = (fallback: number, min = 1, max = 1_000_000_000) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

export const gatewayConfig = z.object({
  CLATTER_HTTP_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(8080)
    .describe('Port of HTTP, the WebSocket and the web client'),
  CLATTER_HTTP_HOST: z.string().min(1).default('127.0.0.1').describe('Address that it listens on'),
  CLATTER_WEB_DIR: z.string().default('').describe('Folder of the exported web client; empty: none is served'),
  CLATTER_ORIGINS: z
    .string()
    .default('')
    .describe('Origins, with commas between, whose pages may open sockets beside those of this host; * for all'),
  CLATTER_GATEWAY_FRAMES_PER_SECOND: count(2000).describe('Frames a second and socket, then RATE_LIMITED'),
  CLATTER_GATEWAY_FRAME_BYTES_MAX: count(131_072, 1024, 16 << 20).describe('Largest client frame'),
  CLATTER_GATEWAY_OUTBOX_BYTES_MAX: count(4 << 20, 65_536).describe('Unsent bytes of one socket; past it 4001'),
  CLATTER_GATEWAY_IN_FLIGHT_MAX: count(5000).describe(
    'Commands of one socket that are not in the log yet, then RATE_LIMITED',
  ),
  CLATTER_GATEWAY_HELLO_MS: count(10_000).describe('Time for the first frame'),
  CLATTER_GATEWAY_PING_MS: count(30_000).describe(
    'A silent socket is pinged after so long, and closed after twice that',
  ),
  CLATTER_GATEWAY_DRAIN_MS: count(1000, 0).describe('Time over which sockets are asked to leave at shutdown'),
});

export type GatewayConfig = z.infer<typeof gatewayConfig>;
