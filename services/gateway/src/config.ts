/** Settings of the gateway. */
import { isIP } from 'node:net';
import { z } from 'zod';

const integer = (fallback: number, min = 1, max = 1_000_000_000) => {
  const error = `want an integer from ${min} to ${max}`;
  return z.coerce.number({ error }).int({ error }).min(min, { error }).max(max, { error }).default(fallback);
};

/** Values with commas between; an empty text has none. */
const list = (isGood: (value: string) => boolean, error: string) =>
  z
    .string()
    .default('')
    .refine(
      (text) =>
        text
          .split(',')
          .map((value) => value.trim())
          .every((value) => value === '' || isGood(value)),
      error,
    );

function isOrigin(value: string): boolean {
  const origin = URL.canParse(value) ? new URL(value).origin : '';
  return value === '*' || origin === value.toLowerCase().replace(/\/$/, '');
}

function isNetwork(value: string): boolean {
  const [address = '', bits, ...rest] = value.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

export const gatewayConfig = z.object({
  CLATTER_HTTP_PORT: integer(8080, 0, 65_535).describe('Port of HTTP, the WebSocket and the web client'),
  CLATTER_HTTP_HOST: z.string().min(1).default('127.0.0.1').describe('Address that it listens on'),
  CLATTER_PUBLIC_URL: z
    .string()
    .default('')
    .refine(
      (value) => value === '' || (/^https?:/i.test(value) && isOrigin(value)),
      'want an http or https address such as https://chat.example, with nothing behind the host',
    )
    .describe(
      'Address that people open, where it is another than the one above, as behind a proxy; https makes cookies Secure',
    ),
  CLATTER_TRUSTED_PROXIES: list(
    isNetwork,
    'want addresses or networks such as 10.0.0.0/8, with commas between',
  ).describe(
    'Addresses or networks of proxies, with commas between, whose X-Forwarded-For and -Proto are believed; limits by address go by it',
  ),
  CLATTER_WEB_DIR: z.string().default('').describe('Folder of the exported web client; empty: none is served'),
  CLATTER_ORIGINS: list(isOrigin, 'want origins such as https://app.example, with commas between, or *').describe(
    'Origins, with commas between, whose pages may use the API beside those of this host; * for all',
  ),
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
  CLATTER_GATEWAY_RULES_VERSION: integer(1, 1, 1_000_000).describe(
    'Version of the rules that new commands are decided by; raised when all processes of messages know it',
  ),
  CLATTER_GATEWAY_DRAIN_MS: integer(1000, 0).describe('Time over which sockets are asked to leave at shutdown'),
});

export type GatewayConfig = z.infer<typeof gatewayConfig>;
