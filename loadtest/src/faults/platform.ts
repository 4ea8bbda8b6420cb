/**
 * A platform that is there to be broken: its own servers, whose logs are synced, and the services as processes on them. One process of each
 * kind reaches its server through a gate, which can cut it off alone.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, COUNTS, createDatabase, freePorts, layOut, Stack, TcpGate } from '@clatter/cluster';
import { QUICK_ACCOUNTS } from '../bench/pairs.ts';

const counts = { ...COUNTS, presence: 2 };
const READY_MS = 150_000;

/** Which process is behind the gate of which server. */
export const gated = { kafka: 'messages-1', cassandra: 'messages-1', redis: 'presence-1', postgres: 'auth-1' } as const;
export type ServerName = keyof typeof gated;

type Gates = Readonly<Partial<Record<ServerName, TcpGate>>>;

export class FaultPlatform implements AsyncDisposable {
  readonly stack: Stack;
  /** Of servers of several nodes, whose clients go to each of them, there is none. */
  readonly gates: Gates;
  readonly cluster: Cluster;
  /** Processes that ended and were started again. */
  restarts = 0;
  readonly #dir: string;

  private constructor(stack: Stack, gates: Gates, cluster: Cluster, dir: string) {
    this.stack = stack;
    this.gates = gates;
    this.cluster = cluster;
    this.#dir = dir;
  }

  /** @param replicas of the log and of the messages, each on a node of its own */
  static async start(replicas = 1): Promise<FaultPlatform> {
    const ports = await freePorts(64);
    const take = (): number => ports.pop() as number;
    const alone = replicas === 1;
    const detour = { port: take(), advertisedPort: take() };
    const stack = await Stack.temporary(true, true, alone ? { kafkaDetour: detour } : { nodes: replicas });
    const dir = mkdtempSync(join(tmpdir(), 'clatter-faults-'));
    try {
      await stack.start();
      const { cassandra, redis, postgres } = stack.addresses;
      const storage = alone && {
        kafka: new TcpGate(`127.0.0.1:${detour.port}`, detour.advertisedPort),
        cassandra: new TcpGate(cassandra),
      };
      const gates = {
        ...storage,
        redis: new TcpGate(new URL(redis).host),
        postgres: new TcpGate(new URL(postgres).host),
      };
      for (const gate of Object.values(gates)) await gate.open();
      const database = createDatabase(postgres, 'clatter');
      const behind = new URL(database);
      behind.host = gates.postgres.address;
      const cluster = new Cluster({
        ...stack.addresses,
        postgres: database,
        members: layOut(counts, take),
        port: take(),
        replicas,
        prefix: `f${randomBytes(3).toString('hex')}.`,
        dataDir: join(dir, 'data'),
        runDir: join(dir, 'run'),
        env: { CLATTER_LOG_LEVEL: 'info', ...QUICK_ACCOUNTS },
        envOf: {
          ...(storage && {
            'messages-1': {
              CLATTER_KAFKA_BROKERS: storage.kafka.address,
              CLATTER_CASSANDRA_CONTACT_POINTS: storage.cassandra.address,
            },
          }),
          'presence-1': { CLATTER_REDIS_URL: `redis://${gates.redis.address}` },
          'auth-1': { CLATTER_AUTH_DATABASE_URL: behind.href },
        },
      });
      const platform = new FaultPlatform(stack, gates, cluster, dir);
      await cluster.start();
      cluster.supervise(() => platform.restarts++);
      return platform;
    } catch (error) {
      await stack.destroy();
      rmSync(dir, { recursive: true, force: true });
      throw error;
    }
  }

  /** The services of one kind that run. */
  running(service: string): string[] {
    return this.cluster.members
      .filter(({ name, service: of }) => of === service && this.cluster.process(name).pid !== undefined)
      .map(({ name }) => name);
  }

  /** Resolves when everything serves again; rejects with what does not, and why. */
  async recovered(): Promise<void> {
    for (const untilMs = Date.now() + READY_MS; ; ) {
      const states = await this.cluster.states();
      const unready = states.filter(({ health }) => health !== 'ready');
      if (unready.length === 0) return;
      if (Date.now() > untilMs)
        throw new Error(
          `not ready ${READY_MS / 1000} s after the last fault: ${unready.map(({ name, health }) => `${name}: ${health}`).join('; ')}`,
        );
      await sleep(250);
    }
  }

  /** The ends of all logs, for whoever looks for the cause. */
  get logs(): string {
    return this.cluster.processes.map((daemon) => `== ${daemon.name}\n${daemon.tail(15)}`).join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.destroy();
    for (const gate of Object.values(this.gates)) {
      gate.resume();
      await gate.shut();
    }
    await this.stack.destroy();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
