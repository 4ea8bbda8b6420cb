/**
 * A connection to Redis that fails soon: a call while it is away is refused at once, one that Redis does not answer in time is given up, and
 * nothing is asked again by itself. It connects again by itself; that Redis went, and that it is back, is a line each in the log.
 */
import { ClatterError } from '@clatter/wire';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { backoff } from './backoff.ts';
import type { Logger } from './logger.ts';
import { reasonOf } from './reason.ts';
import { refuseWithout, secureOptions, TlsFiles, type TlsSettings } from './tls-files.ts';
import { ToldReasons } from './told-reasons.ts';

export type { Redis };

const COMMAND_MS = 1000;
const CONNECT_MS = 2000;
/** A server that takes commands and answers none for so long is left, and connected to again. */
const SILENCE_MS = 2000;
/** Calls that wait for an answer; past it they are UNAVAILABLE. */
const CALLS_MAX = 5000;
const RETRY = { baseMs: 100, maxMs: 2000 };

export const redisConfig = z.object({
  CLATTER_REDIS_URL: z
    .string()
    .refine((url) => url === '' || /^rediss?:$/.test(URL.parse(url)?.protocol ?? ''), {
      message: 'want redis://user:password@host:port/database, or rediss:// for TLS',
    })
    .default('')
    .describe(
      'Redis, `redis://user:password@host:port/database` or `rediss://…` (TLS), for who is connected and for limits; without it they are in memory, which is right for one process',
    ),
  CLATTER_REDIS_TLS_CA_FILE: z
    .string()
    .default('')
    .describe("File of the certificates (PEM) that Redis' is checked against; without it those that Node knows"),
  CLATTER_REDIS_TLS_CERT_FILE: z
    .string()
    .default('')
    .describe('File of the certificate (PEM) that this process shows to Redis, where it wants one'),
  CLATTER_REDIS_TLS_KEY_FILE: z.string().default('').describe('File of its private key (PEM)'),
  CLATTER_REDIS_PREFIX: z
    .string()
    .default('')
    .describe('Beginning of all keys in Redis, where several installations share one'),
});

export type RedisConfig = z.infer<typeof redisConfig>;

export interface RedisLink {
  readonly client: Redis;
  /** Waits a moment for the first connection; resolves whether or not there is one. */
  open(): Promise<void>;
  /** One call. Rejects with UNAVAILABLE where Redis does not do it. */
  call<T>(run: (client: Redis) => Promise<T>): Promise<T>;
  health(): { readonly ok: boolean; readonly reason: string };
  close(): Promise<void>;
}

/** Undefined where none is set. Throws a ConfigError. */
export function redisOf(config: RedisConfig, logger: Logger): RedisLink | undefined {
  const setting = (part: 'CA' | 'CERT' | 'KEY') => {
    const name = `CLATTER_REDIS_TLS_${part}_FILE` as const;
    return { name, path: config[name] };
  };
  const tls = { ca: setting('CA'), certificate: setting('CERT'), key: setting('KEY') };
  const url = config.CLATTER_REDIS_URL;
  if (!url.startsWith('rediss:')) refuseWithout('CLATTER_REDIS_URL=rediss://…', Object.values(tls));
  return url === '' ? undefined : linkRedis({ url, tls, logger });
}

/** Connects when it is opened. The URL is never logged. @param tls certificates, where the URL is `rediss://` */
export function linkRedis({
  url,
  tls,
  logger,
}: {
  readonly url: string;
  readonly tls?: TlsSettings;
  readonly logger: Logger;
}): RedisLink {
  const client = new Redis(url, {
    ...(tls && url.startsWith('rediss:') && { tls: secureOptions(new TlsFiles(tls, logger), {}) }),
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_MS,
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    retryStrategy: (tries) => backoff(tries, RETRY),
    // A primary that became a replica: the address may lead to another one by now.
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
  });
  let away = 'it is not connected yet';
  const told = new ToldReasons();
  let closed = false;
  let waiting = 0;
  let reason = '';
  client.on('error', (error: Error) => {
    reason = reasonOf(error);
  });
  client.on('ready', () => {
    if (!told.isEmpty) logger.info('Redis is back');
    told.clear();
    away = '';
  });
  client.on('close', () => {
    if (closed) return;
    away = reason || 'the connection has ended';
    reason = '';
    if (told.isNew(away)) logger.warn(`Redis is away: ${away}; it is connected to again`);
  });
  return {
    client,
    async open() {
      // It goes on connecting after a failure.
      await client.connect().catch(() => undefined);
    },
    async call(run) {
      if (client.status !== 'ready') throw unavailable('Redis is away');
      if (waiting >= CALLS_MAX) throw unavailable('Redis is behind');
      waiting++;
      try {
        return await run(client);
      } catch (error) {
        throw unavailable('Redis did not do this', error);
      } finally {
        waiting--;
      }
    },
    health: () =>
      client.status === 'ready' ? { ok: true, reason: '' } : { ok: false, reason: `Redis is away: ${away}` },
    async close() {
      closed = true;
      client.disconnect();
    },
  };
}

const unavailable = (message: string, cause?: unknown): ClatterError =>
  new ClatterError('UNAVAILABLE', message, cause === undefined ? {} : { cause });
