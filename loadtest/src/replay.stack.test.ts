import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterNet } from '@clatter/testnet';
import { describe, expect, it } from 'vitest';
import { EXTRACT, readDataset } from './dataset.ts';
import { type ReplayOptions, type ReplayResult, replay } from './replay.ts';

/** Real conversations through a cluster while `disturb` does its worst; nothing may come of it. */
async function replayed(
  net: ClusterNet,
  disturb: (over: () => boolean) => Promise<void>,
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
  let over = false;
  running.finally(() => (over = true)).catch(() => undefined);
  try {
    await sleep(2000);
    await disturb(() => over);
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

  it('loses, doubles and reorders nothing when each process is killed in turn', async () => {
    await using net = await ClusterNet.start();
    net.cluster.supervise();
    const killed: string[] = [];
    const result = await replayed(net, async (over) => {
      for (const { name } of net.cluster.members) {
        if (over()) return;
        await net.cluster.process(name).kill();
        killed.push(name);
        await sleep(2500);
      }
    });
    expect(killed).toEqual(net.cluster.members.map(({ name }) => name));
    expect(result.reconnects).toBeGreaterThan(0);
  });

  it('comes to no harm by an owner that slept while another took its partitions', async () => {
    await using net = await ClusterNet.start();
    await replayed(net, async () => {
      const owner = net.cluster.process('messages-1');
      owner.signal('SIGSTOP');
      // The group waits 6 s for a member before it gives its partitions to others.
      await sleep(12_000);
      owner.signal('SIGCONT');
    });
  });

  it('comes to no harm by partitions that move while people write', async () => {
    await using net = await ClusterNet.start({ counts: { messages: 3 } });
    await replayed(net, async () => {
      const third = net.cluster.process('messages-3');
      for (let round = 0; round < 3; round++) {
        await third.stop();
        await sleep(1000);
        await third.start();
        await sleep(1000);
      }
    });
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
