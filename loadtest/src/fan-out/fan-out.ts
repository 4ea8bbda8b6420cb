/**
 * `fan-out`: one channel on a cluster of its own, some of whose members are online, and messages at a fixed rate to all of them. Prints loss, the time
 * from the intended send to the first ack and to the last member, deliveries per second of a gateway's CPU, CPU and memory by process.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Cluster,
  COUNTS,
  createDatabase,
  type Daemon,
  freePorts,
  layOut,
  queryDatabase,
  Stack,
} from '@clatter/cluster';
import { subprotocols } from '@clatter/wire';
import { clusterDurability, describeMachine } from '../bench/bench.ts';
import { cpuOfProcesses } from '../bench/cpu.ts';
import { idOf, numberIn, openSocket } from '../bench/open-loop.ts';
import { QUICK_ACCOUNTS, sendFrame } from '../bench/pairs.ts';
import { withSection } from '../bench/report.ts';
import { Latency } from '../latency.ts';
import { Audience } from './audience.ts';
import { type Account, post, register } from './crowd.ts';

export interface FanOutOptions {
  readonly members: number;
  /** Of the members. */
  readonly online: number;
  readonly gateways: number;
  /** Messages a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Of listeners. */
  readonly processes: number;
  /** Of the topic of commands. */
  readonly partitions: number;
  readonly durable: boolean;
  readonly write: boolean;
  /** Of the checkout. */
  readonly root: string;
  readonly print: (line: string) => void;
}

/** Before what is measured, and in no figure: code is compiled meanwhile. */
const WARM_UP_SECONDS = 15;
const SETTLE_MS = 20_000;
/** What one request may add. */
const ADD_MAX = 1000;
/** The first number of a message that is measured; those before warm up. */
const BASE = 1_000_000;

export async function fanOut(options: FanOutOptions): Promise<void> {
  const { gateways, partitions, durable, root, print, write } = options;
  const busy = loadavg()[0] ?? 0;
  const dir = mkdtempSync(join(tmpdir(), 'clatter-fan-out-'));
  const stack = await Stack.temporary(durable, false);
  try {
    await stack.start();
    const ports = await freePorts(64);
    const postgres = createDatabase(stack.addresses.postgres, 'clatter');
    const counts = { ...COUNTS, gateway: gateways, messages: 1 };
    const cluster = new Cluster({
      ...stack.addresses,
      postgres,
      members: layOut(counts, () => ports.pop() as number),
      port: ports.pop() as number,
      prefix: '',
      dataDir: join(dir, 'data'),
      runDir: join(dir, 'run'),
      env: {
        CLATTER_LOG_LEVEL: 'warn',
        CLATTER_KAFKA_PARTITIONS: `${partitions}`,
        CLATTER_AUTH_REGISTRATIONS_PER_ADDRESS: '1000000',
        ...QUICK_ACCOUNTS,
      },
    });
    try {
      await cluster.start();
      const lines = [
        `Measured ${new Date().toISOString().slice(0, 10)}. ${describeMachine(undefined, busy)}`,
        '',
        `Durability: ${clusterDurability({ gateways, messages: 1, partitions, durable })}`,
        '',
        ...(await measure(options, cluster, [...stack.servers, ...cluster.processes], postgres)),
      ];
      for (const line of ['', ...lines]) print(line);
      if (!write) return;
      const file = join(root, 'docs', 'benchmarks.md');
      const title = `A channel of ${options.members} members, ${options.online} of them online`;
      const command = `make fan-out ARGS="--members ${options.members} --online ${options.online}"`;
      const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
      writeFileSync(file, withSection(before, { title, command }, lines));
    } finally {
      await cluster.stop();
    }
  } finally {
    await stack.destroy();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function measure(
  options: FanOutOptions,
  cluster: Cluster,
  processes: readonly Daemon[],
  database: string,
): Promise<string[]> {
  const { members, online, rate, seconds, print } = options;
  const { url } = cluster;
  const sockets = cluster.members
    .filter(({ service }) => service === 'gateway')
    .map(({ httpPort }) => `ws://127.0.0.1:${httpPort}/v1/ws`);
  const [owner, ...people] = (await register(url, online, print)) as [Account, ...Account[]];
  const begunMs = Date.now();
  const channelId = await fill(url, owner, people, members - online, database, print);
  const loadedSeconds = (Date.now() - begunMs) / 1000;

  const before = memoryOf(processes);
  await using audience = new Audience(options.processes);
  const connectMs = Date.now();
  await audience.open(
    sockets,
    [owner, ...people].map(({ session }) => session.accessToken),
  );
  print(`${online} connected in ${((Date.now() - connectMs) / 1000).toFixed(1)} s`);
  const sender = await openSocket(sockets[0] as string, subprotocols.json);
  const welcome = new Promise((resolve) => sender.once('message', resolve));
  sender.send(JSON.stringify({ ref: 1, hello: { token: owner.session.accessToken } }));
  await welcome;

  const total = rate * seconds;
  const send = (from: number, count: number, onSent: (message: number, intendedMs: number) => void): Promise<void> =>
    openLoop(rate, count, (message, intendedMs) => {
      onSent(message, intendedMs);
      sender.send(sendFrame(message + 2, channelId, idOf(from + message)));
    });
  await send(1, rate * WARM_UP_SECONDS, () => undefined);
  await sleep(2000);
  const acked = new Latency();
  const intended: number[] = [];
  sender.on('message', (data: Buffer) => {
    const text = data.toString('latin1');
    const message = numberIn(text) - BASE;
    if (message >= 0 && text.includes('"ack"')) acked.record(nowMs() - (intended[message] as number));
  });
  audience.measure(BASE, total);
  const names = new Map(processes.map(({ name, pid }) => [name, pid]));
  const cpuBefore = cpuOfProcesses(names);
  await send(BASE, total, (message, intendedMs) => {
    intended[message] = intendedMs;
  });
  let heard = await audience.heard();
  const missing = (): number => total * online - heard.counts.reduce((sum, count) => sum + count, 0);
  for (const end = Date.now() + SETTLE_MS; missing() > 0 && Date.now() < end; ) {
    await sleep(200);
    heard = await audience.heard();
  }
  const cpuAfter = cpuOfProcesses(names);
  const last = new Latency();
  for (const [message, lastMs] of heard.lastMs.entries())
    if (heard.counts[message] === online) last.record(lastMs - (intended[message] as number));

  const deliveries = total * online - missing();
  const after = memoryOf(processes);
  const cpuOf = (name: string): number => (cpuAfter?.parts.get(name) ?? 0) - (cpuBefore?.parts.get(name) ?? 0);
  const gatewayCpu = processes.reduce((sum, { name }) => sum + (name.startsWith('gateway') ? cpuOf(name) : 0), 0);
  sender.close();
  return [
    `Load: a channel of ${members} members, ${online} of them online on ${options.gateways} gateways (${options.processes} processes of plain sockets), ${rate} messages a second of 60 bytes for ${seconds} s after a warm-up of ${WARM_UP_SECONDS} s, open loop, JSON, clients and servers on the same cores.`,
    '',
    `- Loading: ${members - 1} people added in ${loadedSeconds.toFixed(1)} s, ${ADD_MAX} in each request, one request after the other.`,
    `- Deliveries: ${deliveries} of ${total * online}; ${missing()} lost; acks lost: ${total - acked.count}.`,
    `- Rate: ${Math.round(deliveries / seconds)} deliveries a second; **${Math.round(deliveries / gatewayCpu)} a second and core of a gateway** (${((gatewayCpu * 1e6) / deliveries).toFixed(2)} µs of its CPU each).`,
    `- From the intended send to the ack: ${acked}.`,
    `- To the last of the ${online} members: ${last}.`,
    '',
    '| process | CPU, ms a message | memory before the sockets, MiB | after, MiB |',
    '|---|---|---|---|',
    ...processes.map(
      ({ name }) =>
        `| ${name} | ${((cpuOf(name) * 1000) / total).toFixed(2)} | ${before.get(name) ?? '-'} | ${after.get(name) ?? '-'} |`,
    ),
  ];
}

const nowMs = (): number => performance.timeOrigin + performance.now();

/** Calls at intended times, whatever came of the calls before. */
async function openLoop(rate: number, count: number, call: (index: number, intendedMs: number) => void): Promise<void> {
  const start = nowMs() + 50;
  for (let sent = 0; sent < count; ) {
    const due = Math.min(count, Math.floor(((nowMs() - start) * rate) / 1000) + 1);
    for (; sent < due; sent++) call(sent, start + (sent * 1000) / rate);
    await sleep(1);
  }
}

/** Resident memory of processes, in MiB. */
function memoryOf(processes: readonly Daemon[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { name, pid } of processes) {
    const file = `/proc/${pid}/status`;
    const kib = existsSync(file) ? /^VmRSS:\s*(\d+)/m.exec(readFileSync(file, 'utf8'))?.[1] : undefined;
    if (kib !== undefined) found.set(name, Math.round(Number(kib) / 1024));
  }
  return found;
}

/** A channel with these people and more who are never online. Returns its id. */
async function fill(
  url: string,
  owner: Account,
  people: readonly Account[],
  absent: number,
  database: string,
  print: (line: string) => void,
): Promise<string> {
  const token = owner.session.accessToken;
  const { conversation } = (await post(url, '/v1/conversations', { kind: 'channel', title: 'fan-out' }, token)) as {
    conversation: { conversationId: string };
  };
  const ids = people.map(({ user }) => user.userId);
  // Whoever is never online needs no password: an account is enough.
  if (absent > 0)
    for (const id of queryDatabase(
      database,
      `INSERT INTO accounts (user_id, username, username_lower, password_hash, display_name, created_at_ms)
       SELECT gen_random_uuid(), 'absent-' || n, 'absent-' || n, 'none', 'Absent ' || n, 0
       FROM generate_series(1, ${absent}) AS n RETURNING user_id`,
    ))
      ids.push(id);
  for (let from = 0; from < ids.length; from += ADD_MAX) {
    const userIds = ids.slice(from, from + ADD_MAX);
    await post(url, `/v1/conversations/${conversation.conversationId}/members`, { userIds }, token);
    if ((from / ADD_MAX) % 20 === 19) print(`${from + userIds.length} members`);
  }
  return conversation.conversationId;
}
