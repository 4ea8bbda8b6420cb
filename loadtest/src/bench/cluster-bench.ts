/** The ladder on a cluster of its own: service processes, load balancer, broker and stores, all on this machine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster, COUNTS, createDatabase, freePorts, layOut, Stack } from '@clatter/cluster';
import type { ClusterSize } from './bench.ts';
import { cpuOfProcesses } from './cpu.ts';
import { climb } from './ladder.ts';
import { connectPairs, QUICK_ACCOUNTS } from './pairs.ts';
import type { Measured } from './report.ts';

export interface ClusterBench {
  readonly rates: readonly number[];
  readonly seconds: number;
  readonly pairs: number;
  readonly print: (line: string) => void;
  readonly size: ClusterSize;
  readonly warmUpSeconds: number;
}

export async function measureCluster(options: ClusterBench): Promise<Measured[]> {
  const { rates, seconds, pairs: count, print, size, warmUpSeconds } = options;
  const dir = mkdtempSync(join(tmpdir(), 'clatter-bench-'));
  const stack = await Stack.temporary(size.durable, false);
  try {
    await stack.start();
    const counts = { ...COUNTS, gateway: size.gateways, messages: size.messages };
    const ports = await freePorts(64);
    const cluster = new Cluster({
      ...stack.addresses,
      postgres: createDatabase(stack.addresses.postgres, 'clatter'),
      members: layOut(counts, () => ports.pop() as number),
      port: ports.pop() as number,
      prefix: '',
      dataDir: join(dir, 'data'),
      runDir: join(dir, 'run'),
      env: { CLATTER_LOG_LEVEL: 'warn', CLATTER_KAFKA_PARTITIONS: `${size.partitions}`, ...QUICK_ACCOUNTS },
    });
    try {
      await cluster.start();
      const pairs = await connectPairs(cluster.url, count);
      const processes = [...stack.servers, ...cluster.processes];
      const server = { cpu: () => cpuOfProcesses(new Map(processes.map(({ name, pid }) => [name, pid]))) };
      const isAck = (text: string): boolean => text.includes('"ack"');
      return await climb({ name: 'Clatter', server, pairs, rates, seconds, warmUpSeconds, isAck, print });
    } finally {
      await cluster.stop();
    }
  } finally {
    await stack.destroy();
    rmSync(dir, { recursive: true, force: true });
  }
}
