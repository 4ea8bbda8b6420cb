import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterNet } from '@clatter/testnet';
import { describe, expect, it } from 'vitest';
import { EXTRACT, readDataset } from './dataset.ts';
import { type ReplayOptions, type ReplayResult, replay } from './replay.ts';

/** Real conversations through a cluster while `disturb` does something to it; nothing may come of it. What is broken: faults.stack.test.ts. */
async function replayed(
  net: ClusterNet,
  disturb: () => Promise<void>,
  more: Partial<ReplayOptions> = {},
): Promise<ReplayResult> {
  const running = replay({
    url: net.url,
    conversations: readDataset(EXTRACT),
    people: 8,
    concurrency: 8,
    rate: 40,
    encoding: 'proto',
    patienceMs: 90_000,
    interactive: false,
    print: () => undefined,
    ...more,
  });
  running.catch(() => undefined);
  try {
    await sleep(2000);
    await disturb();
    const result = await running;
    expect(result.violations).toEqual([]);
    expect(result.acked.count).toBe(result.messages);
    expect(result.delivered.count).toBe(result.messages);
    return result;
  } catch (error) {
    console.error(net.logs);
    throw error;
  }
}

describe('the replay on a cluster', () => {
  it.each(['json', 'proto'] as const)('finds every message where and as it was sent (%s)', async (encoding) => {
    await using net = await ClusterNet.start();
    await replayed(net, async () => undefined, { encoding, rate: 0 });
  });

  it('stands still for nobody while gateways and owners are replaced in good order, one after the other', async () => {
    await using net = await ClusterNet.start({ env: { CLATTER_PRESENCE_LEASE_MS: '60000' } });
    const replaced = net.cluster.processes.filter(({ name }) => /^(gateway|messages)-/.test(name));
    const result = await replayed(net, async () => {
      for (const daemon of replaced) {
        expect(await daemon.stop()).toBe(true);
        await daemon.start();
      }
    });
    expect(result.reconnects).toBeGreaterThan(0);
    // Whoever waited for a gateway that has left would wait for the end of its lease.
    expect(result.acked.max).toBeLessThan(20_000);
  });

  it('stops every process in good order', async () => {
    await using net = await ClusterNet.start();
    await replayed(net, async () => undefined, { rate: 0 });
    expect(await net.cluster.stop()).toEqual([]);
  });
});
