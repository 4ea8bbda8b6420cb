/**
 * `make bench`: a ladder of 1:1 rates on a platform of its own, open loop, and the raw relay at the same rates in the same run. Prints loss,
 * percentiles from the intended send time, and the server's CPU time per delivered message.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchChild, leaveCore } from './child.ts';
import { measureCluster } from './cluster-bench.ts';
import { climb } from './ladder.ts';
import { openSocket, type Pair } from './open-loop.ts';
import { connectPairs, QUICK_ACCOUNTS, sendFrame, TEXT } from './pairs.ts';
import { type BenchRun, benchJson, describeBench, type Measured, withSection } from './report.ts';

/** A cluster instead of one process. */
export interface ClusterSize {
  readonly gateways: number;
  readonly messages: number;
  /** Of `clatter.commands` and `clatter.events`; other topics have as many at most. */
  readonly partitions: number;
  /** Whether each server syncs to the disk before it acknowledges. */
  readonly durable: boolean;
}

export interface BenchOptions {
  readonly rates: readonly number[];
  /** Of each rung. */
  readonly seconds: number;
  readonly pairs: number;
  /** Absent: one process on embedded storage. */
  readonly cluster?: ClusterSize;
  /** Whether docs/benchmarks.md is written. */
  readonly write: boolean;
  /** File for the figures as JSON. */
  readonly json?: string;
  /** Of the checkout. */
  readonly root: string;
  readonly print: (line: string) => void;
}

const SERVER_CORE = 0;
/** Before the first rung, and in no figure: code is compiled meanwhile. The compilers of the JVMs of a cluster are busy for longer. */
const WARM_UP_SECONDS = { process: 3, cluster: 45 };

const isAck = (text: string): boolean => text.includes('"ack"');

export async function bench(options: BenchOptions): Promise<void> {
  const { print, root, write, json } = options;
  const busy = loadavg()[0] ?? 0;
  const { cluster } = options;
  // A cluster needs all cores, and shares them with the load.
  const core = !cluster && leaveCore(SERVER_CORE, cpus().length) ? SERVER_CORE : undefined;
  const relay = await measureRelay(options, core);
  const platform = cluster
    ? await measureCluster({ ...options, size: cluster, warmUpSeconds: WARM_UP_SECONDS.cluster })
    : await measurePlatform(options, core);
  const run: BenchRun = {
    machine: describeMachine(core, busy),
    load: `Load: ${options.pairs} pairs, 1:1, JSON, texts of ${TEXT.length} bytes, open loop, ${options.seconds} s a rung after a warm-up of ${WARM_UP_SECONDS[cluster ? 'cluster' : 'process']} s. A message is one command in, and an ack and an event to each of the two out.`,
    durability: `Durability: ${cluster ? clusterDurability(cluster) : 'each ack comes after the fsync of its group commit (SQLite, WAL, synchronous=FULL).'} The relay keeps nothing, parses nothing, and sends each frame back to its sender and on to the other.`,
    atIso: new Date().toISOString(),
    partsAre: cluster ? 'process' : 'thread',
    relay,
    platform,
  };
  const lines = describeBench(run);
  for (const line of ['', ...lines]) print(line);
  if (json !== undefined) writeFileSync(json, benchJson(run));
  if (!write) return;
  const file = join(root, 'docs', 'benchmarks.md');
  const section = cluster
    ? { title: '1:1, separate processes on real servers', command: 'make bench ARGS=--cluster' }
    : { title: '1:1, embedded, one process', command: 'make bench' };
  writeFileSync(file, withSection(existsSync(file) ? readFileSync(file, 'utf8') : undefined, section, lines));
}

export function clusterDurability({ gateways, messages, partitions, durable }: ClusterSize): string {
  const processes = `${gateways} gateways, ${messages} messages, one of each other service and HAProxy`;
  const servers = `one node each of Kafka (acks=all, in the page cache, ${partitions} partitions of commands), Cassandra (LOCAL_QUORUM of one), Redis and PostgreSQL`;
  const commitLog = durable
    ? 'batch: an ack comes after its fsync'
    : 'periodic, its default: an ack comes up to 10 s before its fsync';
  return `${processes}, on ${servers}; Cassandra's commit log is ${commitLog}.`;
}

export function describeMachine(core: number | undefined, busy: number): string {
  const model = cpus()[0]?.model ?? 'unknown';
  const memory = Math.round(totalmem() / 2 ** 30);
  const where = core === undefined ? 'server and load share the cores' : `server on core ${core}, load on the others`;
  return `Machine: ${cpus().length} × ${model}, ${memory} GiB, Linux ${release()}, Node ${process.version}; ${where}; load average before the run ${busy.toFixed(1)}.`;
}

async function measureRelay(
  { rates, seconds, pairs: count, print }: BenchOptions,
  core: number | undefined,
): Promise<Measured[]> {
  const program = fileURLToPath(new URL('./relay.js', import.meta.url));
  const { child, match } = await BenchChild.start([program], {}, core, /^(\d+)$/m);
  try {
    const pairs: Pair[] = [];
    for (let index = 0; index < count; index++) {
      const at = `ws://127.0.0.1:${match[1]}/${index}`;
      pairs.push({
        sockets: [await openSocket(`${at}/0`), await openSocket(`${at}/1`)],
        frame: (_side, number, id) => sendFrame(number, '00000000-0000-0000-0000-000000000000', id),
      });
    }
    return await climb({
      name: 'relay',
      server: child,
      pairs,
      rates,
      seconds,
      warmUpSeconds: WARM_UP_SECONDS.process,
      print,
    });
  } finally {
    await child.stop();
  }
}

async function measurePlatform(
  { rates, seconds, pairs: count, root, print }: BenchOptions,
  core: number | undefined,
): Promise<Measured[]> {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-bench-'));
  const env = {
    CLATTER_DATA_DIR: dir,
    CLATTER_HTTP_PORT: '0',
    CLATTER_HEALTH_PORT: '0',
    CLATTER_LOG_LEVEL: 'warn',
    ...QUICK_ACCOUNTS,
  };
  try {
    const { child, match } = await BenchChild.start(
      [join(root, 'standalone', 'dist', 'main.js')],
      env,
      core,
      /Open\s+http:\/\/localhost:(\d+)/,
    );
    try {
      const pairs = await connectPairs(`http://127.0.0.1:${match[1]}`, count);
      return await climb({
        name: 'Clatter',
        server: child,
        pairs,
        rates,
        seconds,
        warmUpSeconds: WARM_UP_SECONDS.process,
        isAck,
        print,
      });
    } finally {
      await child.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
