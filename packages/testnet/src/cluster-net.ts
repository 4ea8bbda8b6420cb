/**
 * The platform as separate processes on the real servers of the test run, with topics, a keyspace and a database of its own:
 *
 * ```ts
 * await using net = await ClusterNet.start({ gateway: 2, messages: 2 });
 * await net.cluster.process('messages-1').kill();
 * ```
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster, COUNTS, type Counts, createDatabase, dropDatabase, freePorts, layOut } from '@clatter/cluster';
import { NotificationsService, type Push } from '@clatter/contracts/notifications';
import { grpcClient, grpcConfig, loadGrpcOptions } from '@clatter/runtime/grpc';
import { People } from './people.ts';
import { type Servers, testServers } from './servers.ts';
import { TEST_ENV } from './testnet.ts';

/** Ports that one process takes at most. */
const PORTS_EACH = 3;

export interface ClusterNetOptions {
  readonly counts?: Partial<Counts>;
  readonly env?: Readonly<Record<string, string>>;
  /** Other servers than those of the run, which a test may stop. */
  readonly servers?: Servers;
}

export class ClusterNet extends People implements AsyncDisposable {
  readonly cluster: Cluster;
  /** Settings by which a program finds the cluster's log. */
  readonly kafkaEnv: Readonly<Record<string, string>>;
  readonly #databaseUrl: string;
  readonly #libpq: Servers['libpq'];
  readonly #dir: string;

  private constructor(
    cluster: Cluster,
    kafkaEnv: Readonly<Record<string, string>>,
    libpq: Servers['libpq'],
    databaseUrl: string,
    dir: string,
  ) {
    super(cluster.url);
    this.cluster = cluster;
    this.kafkaEnv = kafkaEnv;
    this.#libpq = libpq;
    this.#databaseUrl = databaseUrl;
    this.#dir = dir;
  }

  /** All serve when it resolves. */
  static async start(options: ClusterNetOptions = {}): Promise<ClusterNet> {
    const net = await ClusterNet.create(options);
    try {
      await net.cluster.start();
      return net;
    } catch (error) {
      await net[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Nothing runs yet. */
  static async create({ counts, env, servers = testServers() }: ClusterNetOptions = {}): Promise<ClusterNet> {
    const all = { ...COUNTS, ...counts };
    const ports = await freePorts(1 + PORTS_EACH * Object.values(all).reduce((sum, count) => sum + count, 0));
    const prefix = `t${randomBytes(4).toString('hex')}.`;
    const dir = mkdtempSync(join(tmpdir(), 'clatter-cluster-'));
    const postgres = createDatabase(servers.postgres, `clatter_${prefix.replace('.', '')}`, servers.libpq);
    const { CLATTER_HTTP_PORT: _http, CLATTER_HEALTH_PORT: _health, ...quick } = TEST_ENV;
    const cluster = new Cluster({
      ...servers,
      postgres,
      members: layOut(all, () => ports.pop() as number),
      port: ports.pop() as number,
      prefix,
      dataDir: join(dir, 'data'),
      runDir: join(dir, 'run'),
      env: { ...quick, CLATTER_LOG_LEVEL: 'info', ...env },
    });
    const kafkaEnv = { CLATTER_KAFKA_BROKERS: servers.kafka, CLATTER_KAFKA_PREFIX: prefix };
    return new ClusterNet(cluster, kafkaEnv, servers.libpq, postgres, dir);
  }

  /** What was pushed to a person, as the first process of notifications has it. */
  async pushes(userId: string): Promise<readonly Push[]> {
    const notifications = this.cluster.members.find(({ service }) => service === 'notifications');
    const target = `127.0.0.1:${notifications?.grpcPort}`;
    const client = grpcClient(NotificationsService, { ...loadGrpcOptions(grpcConfig.parse({})), target });
    try {
      const { items = [] } = await client.calls.listOutbox({ userId });
      return items as readonly Push[];
    } finally {
      client.close();
    }
  }

  /** What a process counts, or all of a service together, by the name of the metric. */
  async metrics(of: string): Promise<ReadonlyMap<string, number>> {
    const sums = new Map<string, number>();
    for (const { healthPort } of this.cluster.members.filter(({ name, service }) => name === of || service === of)) {
      const answer = await fetch(`http://127.0.0.1:${healthPort}/metrics`);
      for (const [, name = '', value] of (await answer.text()).matchAll(/^(\w+)(?:{.*})? ([\d.e+]+)/gm))
        sums.set(name, (sums.get(name) ?? 0) + Number(value));
    }
    return sums;
  }

  /** The ends of all logs, for the message of a test that failed. */
  get logs(): string {
    return this.cluster.processes.map((daemon) => `== ${daemon.name}\n${daemon.tail(15)}`).join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.cluster.destroy();
    dropDatabase(this.#databaseUrl, this.#libpq);
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
