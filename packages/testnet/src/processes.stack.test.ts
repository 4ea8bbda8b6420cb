/** Each service as a process: it starts, waits for what it needs, and ends when it is asked to, at any time. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDatabase, dropDatabase, freePorts, SERVICES, type ServiceName } from '@clatter/cluster';
import { afterEach, describe, expect, it } from 'vitest';
import { testServers } from './servers.ts';

const services = fileURLToPath(new URL('../../../services/', import.meta.url));
const children: ChildProcess[] = [];
const closers: (() => void)[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const close of closers.splice(0).reverse()) close();
});

/** Ports where nobody is, for all services; and what else they need to be alone. */
async function alone(): Promise<Record<string, string>> {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-processes-'));
  closers.push(() => rmSync(dir, { recursive: true, force: true }));
  const ports = await freePorts(SERVICES.length + 4);
  const next = (): string => String(ports.pop());
  const nobody = `127.0.0.1:${next()}`;
  const env: Record<string, string> = {
    CLATTER_DATA_DIR: dir,
    CLATTER_HTTP_PORT: next(),
    CLATTER_KAFKA_BROKERS: nobody,
    CLATTER_KAFKA_REPLICAS: '1',
    CLATTER_KAFKA_MIN_INSYNC: '1',
    CLATTER_CASSANDRA_CONTACT_POINTS: nobody,
    CLATTER_CASSANDRA_REPLICAS: '1',
    CLATTER_REDIS_URL: `redis://${nobody}`,
    CLATTER_AUTH_DATABASE_URL: `postgres://postgres@${nobody}/clatter`,
    CLATTER_AUTH_KEY_SECRET: randomBytes(32).toString('base64url'),
    CLATTER_GATEWAY_DRAIN_MS: '50',
    CLATTER_HEALTH_PORT: '0',
  };
  for (const service of SERVICES) {
    const port = next();
    env[`CLATTER_${service.toUpperCase()}_GRPC_PORT`] = port;
    env[`CLATTER_${service.toUpperCase()}_URL`] = `127.0.0.1:${port}`;
  }
  return env;
}

async function onServers(): Promise<Record<string, string>> {
  const { kafka, cassandra, redis, postgres } = testServers();
  const name = `processes_${randomBytes(4).toString('hex')}`;
  const database = createDatabase(postgres, name);
  closers.push(() => dropDatabase(database));
  return {
    ...(await alone()),
    CLATTER_KAFKA_BROKERS: kafka,
    CLATTER_KAFKA_PREFIX: `${name}.`,
    CLATTER_CASSANDRA_CONTACT_POINTS: cassandra,
    CLATTER_CASSANDRA_KEYSPACE: name,
    CLATTER_REDIS_URL: redis,
    CLATTER_REDIS_PREFIX: `${name}.`,
    CLATTER_AUTH_DATABASE_URL: database,
  };
}

function start(service: ServiceName, env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [join(services, service, 'dist/main.js')], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  let said = '';
  const wakers: (() => void)[] = [];
  child.stderr.on('data', (data) => {
    said += data;
    for (const wake of wakers.splice(0)) wake();
  });
  const ended = new Promise<number | string | null>((resolve) =>
    child.once('close', (code, signal) => {
      for (const wake of wakers.splice(0)) wake();
      resolve(signal ?? code);
    }),
  );
  return {
    ended,
    signal: (name: NodeJS.Signals) => child.kill(name),
    said: () => said,
    async says(text: string): Promise<void> {
      while (!said.includes(text)) {
        if (child.exitCode !== null) throw new Error(`${service} ended before it said "${text}":\n${said}`);
        await new Promise<void>((resolve) => wakers.push(resolve));
      }
    },
  };
}

async function readyz(port: string): Promise<{ readonly ok: boolean; readonly reasons: readonly string[] }> {
  return (await fetch(`http://127.0.0.1:${port}/readyz`)).json() as never;
}

describe.each(SERVICES)('%s', (service) => {
  it('waits for what is not there, says so once, tells why it is not ready, and ends with 0 meanwhile', async () => {
    const [health] = await freePorts(1);
    const child = start(service, { ...(await alone()), CLATTER_HEALTH_PORT: String(health) });
    await child.says('waits for Kafka');
    const { ok, reasons } = await readyz(String(health));
    expect(ok).toBe(false);
    expect(reasons.join('\n')).toContain('Kafka');
    child.signal('SIGTERM');
    expect(await child.ended).toBe(0);
    expect(child.said().split('waits for Kafka').length - 1).toBe(1);
  });

  it('says in one line what setting is wrong', async () => {
    const child = start(service, { ...(await alone()), CLATTER_GRPC_DEADLINE_MS: 'soon' });
    expect(await child.ended).toBe(1);
    expect(child.said()).toBe(`${service}: CLATTER_GRPC_DEADLINE_MS: want an integer from 100 to 600000, got "soon"\n`);
  });
});

it('all start in the wrong order, serve, and end with 0, the first of them first', async () => {
  const env = await onServers();
  const ports = await freePorts(SERVICES.length);
  const started = [...SERVICES].reverse().map((service, i) => {
    const health = String(ports[i]);
    return { health, ...start(service, { ...env, CLATTER_HEALTH_PORT: health }) };
  });
  await Promise.all(started.map(({ says }) => says('"started"')));
  for (const { health } of started)
    while (!(await readyz(health)).ok) await new Promise((resolve) => setTimeout(resolve, 50));
  for (const { signal, ended, said } of started.reverse()) {
    signal('SIGTERM');
    expect([await ended, said()]).toEqual([0, expect.any(String)]);
  }
});
