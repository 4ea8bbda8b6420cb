/** Settings of the gateway. */
import { z } from 'zod';

const integer = (fallback: number, min = 1, max = 1_000_000_000) => {
  const error = `want an integer from ${min} to ${max}`;
  return z.coerce.number({ error }).int({ error }).min(min, { error }).max(max, { error }).default(fallback);
};

export const gatewayConfig = z.object({
  CLATTER_HTTP_PORT: integer(8080, 0, 65_535).describe('Port of HTTP, the WebSocket and the web client'),
  CLATTER_HTTP_HOST: z.string().min(1).default('127.0.0.1').describe('Address that it listens on'),
  CLATTER_PUBLIC_URL: z
    .union([z.literal(''), z.url({ protocol: /^https?$/ })], { error: 'want an http or https address' })
    .default('')
    .describe(
      'Address that people open, where it is another than the one above, as behind a proxy; https makes cookies Secure',
    ),
  CLATTER_TRUSTED_PROXIES: z
    .string()
    .default('')
    .describe('Addresses or networks of proxies, with commas between, whose X-Forwarded-For and -Proto are believed'),
  CLATTER_WEB_DIR: z.string().default('').describe('Folder of the exported web client; empty: none is served'),
  CLATTER_ORIGINS: z
    .string()
    .default('')
    .describe('Origins, with commas between, whose pages may use the API beside those of this host; * for all'),
  CLATTER_GATEWAY_FRAMES_PER_SECOND: integer(2000).describe('Frames a second and socket, then RATE_LIMITED'),
  CLATTER_GATEWAY_FRAME_BYTES_MAX: integer(131_072, 1024, 16 << 20).describe('Largest client frame'),
  CLATTER_GATEWAY_OUTBOX_BYTES_MAX: integer(4 << 20, 65_536).describe('Unsent bytes of one socket; past it 4001'),
  CLATTER_GATEWAY_IN_FLIGHT_MAX: integer(5000).describe(
    'Commands of one socket that are not in the log yet, then RATE_LIMITED',
  ),
  CLATTER_GATEWAY_HELLO_MS: integer(10_000).describe('Time for the first frame'),
  CLATTER_GATEWAY_PING_MS: integer(30_000).describe(
    'A silent socket is pinged after so long, and closed after twice that',
  ),
  CLATTER_GATEWAY_RENEW_MS: integer(4000, 100).describe(
    'How often presence is told that this gateway lives; a third of CLATTER_PRESENCE_LEASE_MS at most',
  ),
  CLATTER_GATEWAY_DRAIN_MS: integer(1000, 0).describe('Time over which sockets are asked to leave at shutdown'),
});

export type GatewayConfig = z.infer<typeof gatewayConfig>;
