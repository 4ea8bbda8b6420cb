/** Limits of several processes on one Redis, and while it is away. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Daemon, freePorts, redis as redisProgram } from '@clatter/cluster';
import { createLogger, loadConfig } from '@clatter/runtime';
import { linkRedis } from '@clatter/runtime/redis';
import { afterEach, expect, it } from 'vitest';
import { authConfig } from './config.ts';
import { limitsContract } from './limits.contract.ts';
import { createLimits } from './limits.ts';
import { codeOf } from './test/auth-under-test.ts';

const server = process.env.CLATTER_TEST_REDIS ?? '';
if (server === '') throw new Error('CLATTER_TEST_REDIS: want the URL of a Redis server, got nothing');

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** The limits of processes that share a Redis. */
async function limitsOf(count: number, url: string, settings: Readonly<Record<string, string>>) {
  const config = loadConfig(authConfig, {
    ...settings,
    CLATTER_REDIS_PREFIX: `test:${randomBytes(6).toString('hex')}:`,
  });
  const logger = createLogger({ service: 'test', level: 'silent' });
  const links = Array.from({ length: count }, () => linkRedis({ url, logger }));
  for (const link of links) {
    await link.open();
    closers.push(() => link.close());
  }
  closers.push(async () => {
    const [first] = links;
    if (!first?.health().ok) return;
    const keys = await first.client.keys(`${config.CLATTER_REDIS_PREFIX}*`);
    if (keys.length > 0) await first.client.del(...keys);
  });
  return { links, limits: links.map((link) => createLimits(config, link)) };
}

limitsContract('Redis, of two processes', async (settings) => {
  const { limits } = await limitsOf(2, server, settings);
  const [one, other] = limits as [(typeof limits)[0], (typeof limits)[0]];
  const mine = closers.splice(0);
  return {
    one,
    other,
    async end() {
      for (const close of mine.reverse()) await close();
    },
  };
});

it('hold in each process while Redis is away, at once, and in all when it is back', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-redis-'));
  const [port] = (await freePorts(1)) as [number];
  const daemon = new Daemon(redisProgram({ dataDir: join(dir, 'data'), port }), dir);
  closers.push(async () => {
    await daemon.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const { limits, links } = await limitsOf(2, `redis://127.0.0.1:${port}`, {
    CLATTER_AUTH_FAILED_LOGINS_PER_ACCOUNT: '6',
    CLATTER_AUTH_FAILED_LOGINS_PER_ADDRESS: '50',
  });
  const guess = { account: 'alice', address: '10.0.0.1' };
  const passed = async (): Promise<number[]> =>
    Promise.all(
      limits.map(async (one) => {
        let count = 0;
        while (count < 100 && (await codeOf(one.begin(guess))) === 'none') count++;
        return count;
      }),
    );
  expect(await passed()).toEqual([6, 6]);
  await daemon.start();
  await expect.poll(() => links.every((link) => link.health().ok), { timeout: 15_000 }).toBe(true);
  const together = await passed();
  expect((together[0] as number) + (together[1] as number)).toBe(6);
});
