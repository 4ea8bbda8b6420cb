import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@clatter/cluster';
import { PlatformProcess, TestNet } from '@clatter/testnet';
import { afterEach, describe, expect, it } from 'vitest';
import { EXTRACT, readDataset } from './dataset.ts';
import { describeReplay, type ReplayOptions, replay } from './replay.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const lines: string[] = [];
const options = (url: string, more: Partial<ReplayOptions> = {}): ReplayOptions => ({
  url,
  conversations: readDataset(EXTRACT),
  people: 8,
  concurrency: 8,
  rate: 0,
  encoding: 'json',
  patienceMs: 60_000,
  interactive: false,
  print: (line) => lines.push(line),
  ...more,
});

describe('the replay', () => {
  it.each(['json', 'proto'] as const)('finds every message where and as it was sent (%s)', async (encoding) => {
    await using net = await TestNet.start();
    const result = await replay(options(net.url, { encoding }));
    expect(result.violations).toEqual([]);
    expect(result.acked.count).toBe(result.messages);
    expect(result.delivered.count).toBe(result.messages);
    expect(describeReplay(result)).toContain(
      `${['lost', 'doubled', 'reordered', 'altered', 'phantom', 'gap', 'moved', 'missed', 'leaked', 'stale', 'miscounted', 'time', 'receipt', 'unanswered', 'refused'].join(' 0, ')} 0`,
    );
    expect(lines).toContain(`Checking: ${result.conversations} of ${result.conversations}`);
  });

  it('loses, doubles and reorders nothing when the platform is killed several times meanwhile', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'clatter-replay-'));
    cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
    const server = new PlatformProcess({ CLATTER_DATA_DIR: dir, CLATTER_HTTP_PORT: String((await freePorts(1))[0]) });
    cleanups.push(() => server.end('SIGKILL'));
    await server.start();
    const running = replay(options(server.url, { rate: 60 }));
    let over = false;
    running.finally(() => (over = true)).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    let kills = 0;
    for (; kills < 3 && !over; kills++) {
      await server.end('SIGKILL');
      await server.start();
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
    const result = await running;
    expect(kills).toBe(3);
    expect(result.reconnects).toBeGreaterThan(0);
    expect(result.violations).toEqual([]);
    expect(result.acked.count).toBe(result.messages);
    expect(result.delivered.count).toBe(result.messages);
  });

  it('keeps to its speed', async () => {
    await using net = await TestNet.start();
    const conversations = readDataset(EXTRACT).slice(0, 4);
    const { seconds, messages } = await replay(options(net.url, { conversations, rate: 50 }));
    expect(messages / seconds).toBeLessThan(55);
  });

  it('says in one line that there is no platform, or too few people', async () => {
    const url = `http://127.0.0.1:${(await freePorts(1))[0]}`;
    await expect(replay(options(url))).rejects.toThrow(`there is no platform at ${url}: start one with`);
    await expect(replay(options(url, { people: 3 }))).rejects.toThrow('3 people make fewer pairs than 20');
  });

  it('gives up a platform that stays away', async () => {
    const net = await TestNet.start();
    const running = replay(options(net.url, { rate: 20, patienceMs: 3000 }));
    running.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await net[Symbol.asyncDispose]();
    await expect(running).rejects.toThrow('nothing was acknowledged for 3 s');
  });
});
