/**
 * `make bench`: a ladder of 1:1 rates on a platform of its own, open loop, and the raw relay at the same rates in the same run. Prints loss,
 * percentiles from the intended send time, and the server's CPU time per delivered message.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { subprotocols } from '@clatter/wire';
import { BenchChild, hasTaskset, leaveCore } from './child.ts';
import { openLoop, openSocket, type Pair, type Rung } from './open-loop.ts';

export interface BenchOptions {
  readonly rates: readonly number[];
  readonly seconds: number;
  readonly pairs: number;
  readonly write: boolean;
  /** Of the checkout. */
  readonly root: string;
  readonly print: (line: string) => void;
}

interface Measured extends Rung {
  /** Server CPU per message, µs: one ack, and one event at each of two people. */
  readonly cpuUs: number;
  readonly threads: string;
}

const TEXT = 'a message of about sixty bytes, like those that people write';
const SERVER_CORE = 0;

export async function bench(options: BenchOptions): Promise<void> {
  const { rates, seconds, pairs, print, root, write } = options;
  const pinned = hasTaskset() && cpus().length > 1;
  if (pinned) leaveCore(SERVER_CORE, cpus().length);
  const core = pinned ? SERVER_CORE : undefined;
  const relay = await measureRelay(options, core);
  const platform = await measurePlatform(options, core);
  const lines = [
    `Machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}; ${pinned ? `server on core ${SERVER_CORE}, load on the others` : 'server and load share the cores'}.`,
    `Load: ${pairs} pairs, 1:1, JSON, texts of ${TEXT.length} bytes, open loop, ${seconds} s a rung; latency from the intended send time. A message is one ack and one event to each of the two.`,
    'Durability: each ack after the fsync of its group commit (SQLite, WAL, synchronous=FULL). The relay keeps nothing, and sends each message to its sender and to the other.',
    '',
    '| rate /s | | lost acks | lost deliveries | ack p50 | ack p99 | ack p99.9 | delivered p50 | delivered p99 | delivered p99.9 | server CPU µs/message |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...rates.flatMap((rate) => [
      row('relay', relay.find((rung) => rung.rate === rate) as Measured),
      row('Clatter', platform.find((rung) => rung.rate === rate) as Measured),
    ]),
    '',
    ...rates.map((rate) => {
      const floor = relay.find((rung) => rung.rate === rate) as Measured;
      const own = platform.find((rung) => rung.rate === rate) as Measured;
      return `- ${rate}/s: ${(own.cpuUs / floor.cpuUs).toFixed(2)} × the relay's CPU; by thread, µs/message: ${own.threads}`;
    }),
  ];
  for (const line of lines) print(line);
  if (write) writeFileSync(join(root, 'docs', 'benchmarks.md'), document(lines));
}

const row = (name: string, rung: Measured): string =>
  `| ${rung.rate} | ${name} | ${rung.lostAcks} | ${rung.lostDeliveries} | ${[rung.acked, rung.delivered]
    .flatMap((latency) => [50, 99, 99.9].map((percent) => `${latency.percentile(percent).toFixed(1)} ms`))
    .join(' | ')} | ${rung.cpuUs.toFixed(1)} |`;

async function measureRelay(
  { rates, seconds, pairs: count, print }: BenchOptions,
  core: number | undefined,
): Promise<Measured[]> {
  const { child, match } = await BenchChild.start(
    [fileURLToPath(new URL('./relay.js', import.meta.url))],
    {},
    core,
    /^(\d+)$/m,
  );
  const pairs: Pair[] = [];
  for (let index = 0; index < count; index++)
    pairs.push({
      sockets: [
        await openSocket(`ws://127.0.0.1:${match[1]}/${index}/0`),
        await openSocket(`ws://127.0.0.1:${match[1]}/${index}/1`),
      ],
      frame: (_side, number, id) => sendFrame(number, '00000000-0000-0000-0000-000000000000', id),
    });
  const measured = await ladder('relay', child, pairs, rates, seconds, undefined, print);
  await child.stop();
  return measured;
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
    CLATTER_AUTH_ARGON2_MEMORY_KIB: '64',
    CLATTER_AUTH_ARGON2_PASSES: '1',
  };
  const { child, match } = await BenchChild.start(
    [join(root, 'standalone', 'dist', 'main.js')],
    env,
    core,
    /Open\s+http:\/\/localhost:(\d+)/,
  );
  try {
    const url = `http://127.0.0.1:${match[1]}`;
    const pairs: Pair[] = [];
    for (let index = 0; index < count; index++) pairs.push(await connectPair(url, index));
    return await ladder('Clatter', child, pairs, rates, seconds, (text) => text.includes('"ack"'), print);
  } finally {
    await child.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function ladder(
  name: string,
  child: BenchChild,
  pairs: readonly Pair[],
  rates: readonly number[],
  seconds: number,
  ackOf: ((text: string) => boolean) | undefined,
  print: (line: string) => void,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  let base = 1;
  // One rung that does not count: the code is compiled, the files have their size.
  const warmUp = Math.min(rates[0] as number, 2000);
  await openLoop(pairs, warmUp, 3, base, ackOf);
  base += warmUp * 3;
  for (const rate of rates) {
    const before = child.cpu();
    const rung = await openLoop(pairs, rate, seconds, base, ackOf);
    const after = child.cpu();
    base += rate * seconds;
    const cpuUs = ((after.total - before.total) / rung.sent) * 1e6;
    const threads = [...after.byThread]
      .map(([thread, time]) => [thread, ((time - (before.byThread.get(thread) ?? 0)) / rung.sent) * 1e6] as const)
      .filter(([, us]) => us >= 0.5)
      .sort((a, b) => b[1] - a[1])
      .map(([thread, us]) => `${thread} ${us.toFixed(1)}`)
      .join(', ');
    print(
      `${name} at ${rate}/s: acks ${rung.acked}; ${cpuUs.toFixed(1)} µs CPU a message; lost ${rung.lostAcks} acks, ${rung.lostDeliveries} deliveries`,
    );
    measured.push({ ...rung, cpuUs, threads });
  }
  return measured;
}

const sendFrame = (ref: number, conversationId: string, messageId: string): string =>
  `{"ref":${ref},"send":{"conversationId":"${conversationId}","messageId":"${messageId}","content":{"text":{"body":"${TEXT}"}}}}`;

async function connectPair(url: string, index: number): Promise<Pair> {
  const people = await Promise.all(
    [0, 1].map((side) => post(url, '/v1/accounts', { username: `bench-${index}-${side}`, password: 'bench password' })),
  );
  const [first, second] = people as [Account, Account];
  const { conversation } = (await post(
    url,
    '/v1/conversations',
    { kind: 'direct', memberIds: [second.user.userId] },
    first.session.accessToken,
  )) as {
    conversation: { conversationId: string };
  };
  const connect = async ({ session }: Account): Promise<Pair['sockets'][0]> => {
    const socket = await openSocket(`${url.replace('http', 'ws')}/v1/ws`, subprotocols.json);
    const welcome = new Promise((resolve) => socket.once('message', resolve));
    socket.send(JSON.stringify({ ref: 1, hello: { token: session.accessToken } }));
    await welcome;
    return socket;
  };
  return {
    sockets: [await connect(first), await connect(second)],
    frame: (_side, number, id) => sendFrame(number, conversation.conversationId, id),
  };
}

interface Account {
  readonly user: { readonly userId: string };
  readonly session: { readonly accessToken: string };
}

async function post(url: string, path: string, body: unknown, token?: string): Promise<unknown> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

const document = (lines: readonly string[]): string => `# Benchmarks

Measured with \`make bench\`. These machines are shared and noisy: look at the ratios of one run, not at single figures.

## 1:1, embedded, one process

${lines.join('\n')}
`;
