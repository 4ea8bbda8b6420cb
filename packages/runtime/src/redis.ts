/**
 * A connection to Redis that fails soon: a call while it is away is refused at once, one that Redis does not answer in time is given up, and
 * nothing is asked again by itself. It connects again by itself; that Redis went, and that it is back, is a line each in the log.
 */
import { ClatterError } from '@clatter/wire';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { backoff } from './backoff.ts';
import type { Logger } from './logger.ts';

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
  CLATTER_REDIS_PREFIX: z
    .string()
    .default('')
    .describe('Beginning of all keys in Redis, where several installations share one'),
});

export interface RedisLink {
  readonly client: Redis;
  /** Waits a moment for the first connection; resolves whether or not there is one. */
  open(): Promise<void>;
  /** One call. Rejects with UNAVAILABLE where Redis does not do it. */
  call<T>(run: (client: Redis) => Promise<T>): Promise<T>;
  health(): { readonly ok: boolean; readonly reason: string };
  close(): Promise<void>;
}

/** Connects when it is opened. The URL is never logged. */
export function linkRedis({ url, logger }: { readonly url: string; readonly logger: Logger }): RedisLink {
  const client = new Redis(url, {
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
  let told = false;
  let closed = false;
  let waiting = 0;
  let reason = '';
  client.on('error', (error: Error) => {
    reason = reasonOf(error);
  });
  client.on('ready', () => {
    if (told) logger.info('Redis is back');
    told = false;
    away = '';
  });
  client.on('close', () => {
    if (closed) return;
    away = reason || 'the connection has ended';
    reason = '';
    if (!told) logger.warn(`Redis is away: ${away}; it is connected to again`);
    told = true;
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

/** In words; an address with several numbers fails with an error for each of them, and none of its own. */
function reasonOf(error: Error & { readonly errors?: readonly Error[] }): string {
  return error.message || (error.errors?.map(({ message }) => message).join(', ') ?? error.name);
}

const unavailable = (message: string, cause?: unknown): ClatterError =>
  new ClatterError('UNAVAILABLE', message, cause === undefined ? {} : { cause });
