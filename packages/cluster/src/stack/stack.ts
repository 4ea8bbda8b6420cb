/** The four servers that the services stand on, on loopback. They outlive whoever started them, until `stop`. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Daemon } from '../daemon.ts';
import { freePorts } from '../ports.ts';
import { cassandra } from './cassandra.ts';
import { type KafkaDetour, kafka, newClusterId } from './kafka.ts';
import { postgres } from './postgres.ts';
import { redis } from './redis.ts';
import { libpqEnv, STACK_USER, type StackSecurity, secureSettings } from './security.ts';

export interface StackPorts {
  readonly kafka: number;
  readonly kafkaController: number;
  readonly cassandra: number;
  readonly cassandraStorage: number;
  readonly cassandraJmx: number;
  readonly redis: number;
  readonly postgres: number;
  /** Of the other nodes of Kafka and Cassandra, where there are more than one. */
  readonly others?: readonly OtherPorts[];
}

export interface OtherPorts {
  readonly kafka: number;
  readonly kafkaController: number;
  readonly cassandraJmx: number;
}

/** Those of `make stack-up`: beside the servers' usual ones, so that nobody else's is taken for ours. */
export const STACK_PORTS: StackPorts = {
  kafka: 19092,
  kafkaController: 19093,
  cassandra: 19042,
  cassandraStorage: 17000,
  cassandraJmx: 17199,
  redis: 16379,
  postgres: 15432,
};

export interface StackOptions {
  /** Of process numbers and logs. */
  readonly runDir: string;
  readonly dataDir: string;
  readonly ports: StackPorts;
  /** Whether what is acknowledged is on the disk: PostgreSQL's fsync, and Cassandra's commit log as `batch`. */
  readonly durable: boolean;
  /** Absent: whoever reaches a server may use it. */
  readonly security?: StackSecurity;
  /** For tests that cut clients off from Kafka; without security. */
  readonly kafkaDetour?: KafkaDetour;
  /** Of Kafka and of Cassandra each, one where absent; each then has a replica of everything. */
  readonly nodes?: number;
}

export class Stack {
  readonly options: StackOptions;
  /** Each with its fellow of the same place in `cassandras`, as if on one machine. */
  readonly kafkas: readonly Daemon[];
  readonly cassandras: readonly Daemon[];
  readonly redis: Daemon;
  readonly postgres: Daemon;
  #temporary = false;

  constructor(options: StackOptions) {
    const { runDir, dataDir, ports, durable, security, kafkaDetour: detour } = options;
    this.options = options;
    const others = ports.others ?? [];
    const nodes = [ports, ...others].map((of) => ({ port: of.kafka, controllerPort: of.kafkaController }));
    const cluster = nodes.length > 1 ? { id: newClusterId(), nodes } : undefined;
    this.kafkas = nodes.map((node, index) => {
      const folder = join(dataDir, index === 0 ? 'kafka' : `kafka-${index + 1}`);
      return new Daemon(kafka({ ...node, dataDir: folder, cluster, security, detour }), runDir);
    });
    this.cassandras = [ports, ...others].map(({ cassandraJmx: jmxPort }, index) => {
      const folder = join(dataDir, index === 0 ? 'cassandra' : `cassandra-${index + 1}`);
      const { cassandra: port, cassandraStorage: storagePort } = ports;
      const place = { node: index + 1, nodes: nodes.length, dataDir: folder, port, storagePort, jmxPort };
      return new Daemon(cassandra({ ...place, commitLog: durable ? 'batch' : 'periodic', security }), runDir);
    });
    this.redis = new Daemon(redis({ dataDir: join(dataDir, 'redis'), port: ports.redis, security }), runDir);
    this.postgres = new Daemon(
      postgres({ dataDir: join(dataDir, 'postgres'), port: ports.postgres, durable, security }),
      runDir,
    );
  }

  /** A stack on free ports, which stay the same for its folder. */
  static async onFreePorts(options: Omit<StackOptions, 'ports'>): Promise<Stack> {
    const file = join(options.dataDir, 'ports.json');
    if (existsSync(file)) return new Stack({ ...options, ports: JSON.parse(readFileSync(file, 'utf8')) as StackPorts });
    mkdirSync(options.dataDir, { recursive: true });
    const names = Object.keys(STACK_PORTS);
    const more = (options.nodes ?? 1) - 1;
    const free = await freePorts(names.length + 3 * more);
    const take = (): number => free.pop() as number;
    const others = Array.from({ length: more }, () => ({
      kafka: take(),
      kafkaController: take(),
      cassandraJmx: take(),
    }));
    const ports = { ...(Object.fromEntries(names.map((name) => [name, take()])) as unknown as StackPorts), others };
    const stack = new Stack({ ...options, ports });
    writeFileSync(file, JSON.stringify(ports));
    return stack;
  }

  /**
   * A stack of its own in a new folder, which `destroy` removes. @param memory whether its data may lie in memory: creating tables on a disk
   * takes seconds @param more such as what its servers want of whoever comes
   */
  static async temporary(
    durable: boolean,
    memory: boolean,
    more: Pick<StackOptions, 'security' | 'kafkaDetour' | 'nodes'> = {},
  ): Promise<Stack> {
    const dir = mkdtempSync(join(memory && existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'clatter-stack-'));
    // PostgreSQL's user has to get in.
    chmodSync(dir, 0o755);
    const stack = await Stack.onFreePorts({ runDir: join(dir, 'run'), dataDir: join(dir, 'data'), durable, ...more });
    stack.#temporary = true;
    return stack;
  }

  get servers(): readonly Daemon[] {
    return [...this.kafkas, ...this.cassandras, this.redis, this.postgres];
  }

  /** The first node. */
  get kafka(): Daemon {
    return this.kafkas[0] as Daemon;
  }

  get cassandra(): Daemon {
    return this.cassandras[0] as Daemon;
  }

  /** Where clients find the servers. */
  get addresses(): {
    readonly kafka: string;
    readonly cassandra: string;
    readonly redis: string;
    readonly postgres: string;
    /** Environment by which PostgreSQL's own tools get in. */
    readonly libpq: Readonly<Record<string, string>>;
  } {
    const { ports, security } = this.options;
    const password = security ? `:${security.password}` : '';
    return {
      kafka: [ports, ...(ports.others ?? [])].map(({ kafka }) => `127.0.0.1:${kafka}`).join(','),
      cassandra: this.cassandras.map((_, index) => `127.0.0.${index + 1}:${ports.cassandra}`).join(','),
      redis: `${security ? `rediss://${STACK_USER}${password}@` : 'redis://'}127.0.0.1:${ports.redis}`,
      postgres: `postgres://postgres${password}@127.0.0.1:${ports.postgres}/postgres`,
      libpq: security ? libpqEnv(security) : {},
    };
  }

  /** Settings by which services get in, beside the addresses. */
  get settings(): Readonly<Record<string, string>> {
    const { security } = this.options;
    return security ? secureSettings(security) : {};
  }

  /** Starts what does not run, all at once; resolves when all serve. */
  async start(): Promise<void> {
    const [first, ...others] = this.cassandras as [Daemon, ...Daemon[]];
    const ring = async (): Promise<void> => {
      await first.start();
      // One joins after the other.
      for (const other of others) await other.start();
    };
    await Promise.all([ring(), ...[...this.kafkas, this.redis, this.postgres].map((server) => server.start())]);
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  /** Stops it and forgets all that it held. */
  async destroy(): Promise<void> {
    await this.stop();
    rmSync(this.options.dataDir, { recursive: true, force: true });
    rmSync(this.options.runDir, { recursive: true, force: true });
    if (this.#temporary) rmSync(dirname(this.options.dataDir), { recursive: true, force: true });
  }
}
