/**
 * `make bench`: a ladder of 1:1 rates on a platform of its own, open loop, and the raw relay at the same rates in the same run. Prints loss,
 * percentiles from the intended send time, and the server's CPU time per delivered message.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { subprotocols } from '@clatter/wire';
import { BenchChild, leaveCore } from './child.ts';
import { climb } from './ladder.ts';
import { openSocket, type Pair } from './open-loop.ts';
import { benchJson, describeBench, type Measured, withSection } from './report.ts';

export interface BenchOptions {
  readonly rates: readonly number[];
  /** Of each rung. */
  readonly seconds: number;
  readonly pairs: number;
  /** Whether docs/benchmarks.md is written. */
  readonly write: boolean;
  /** File for the figures as JSON. */
  readonly json?: string;
  /** Of the checkout. */
  readonly root: string;
  readonly print: (line: string) => void;
}

const TEXT = 'a message of about sixty bytes, like those that people write';
const SERVER_CORE = 0;

export async function bench(options: BenchOptions): Promise<void> {
  const { print, root, write, json } = options;
  const busy = loadavg()[0] ?? 0;
  const core = leaveCore(SERVER_CORE, cpus().length) ? SERVER_CORE : undefined;
  const relay = await measureRelay(options, core);
  const platform = await measurePlatform(options, core);
  const run = {
    machine: describeMachine(core, busy),
    load: `Load: ${options.pairs} pairs, 1:1, JSON, texts of ${TEXT.length} bytes, open loop, ${options.seconds} s a rung. A message is one command in, and an ack and an event to each of the two out.`,
    durability:
      'Durability: each ack comes after the fsync of its group commit (SQLite, WAL, synchronous=FULL). The relay keeps nothing, parses nothing, and sends each frame back to its sender and on to the other.',
    atIso: new Date().toISOString(),
    relay,
    platform,
  };
  const lines = describeBench(run);
  for (const line of ['', ...lines]) print(line);
  if (json !== undefined) writeFileSync(json, benchJson(run));
  if (!write) return;
  const file = join(root, 'docs', 'benchmarks.md');
  writeFileSync(file, withSection(existsSync(file) ? readFileSync(file, 'utf8') : undefined, lines));
}

function describeMachine(core: number | undefined, busy: number): string {
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
    return await climb({ name: 'relay', child, pairs, rates, seconds, print });
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
    // Accounts are not what is measured.
    CLATTER_AUTH_ARGON2_MEMORY_KIB: '64',
    CLATTER_AUTH_ARGON2_PASSES: '1',
  };
  try {
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
      const isAck = (text: string): boolean => text.includes('"ack"');
      return await climb({ name: 'Clatter', child, pairs, rates, seconds, isAck, print });
    } finally {
      await child.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
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
