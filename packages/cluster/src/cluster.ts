/** The five services as separate processes behind a load balancer, on real servers. Each process can be killed, paused and replaced. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Daemon } from './daemon.ts';
import { haproxy } from './haproxy.ts';
import { type ClusterSettings, type Member, SERVICES, serviceProgram } from './services.ts';

export interface ClusterOptions extends Omit<ClusterSettings, 'publicUrl'> {
  readonly members: readonly Member[];
  /** Of process numbers and logs. */
  readonly runDir: string;
  /** Of the load balancer. */
  readonly port: number;
}

/** What `make ps` shows of one process. */
export interface ProcessState {
  readonly name: string;
  readonly pid: number | undefined;
  /** `ready`, `down`, or what it waits for. */
  readonly health: string;
  readonly logFile: string;
}

const RESTART_MS = 500;
const WATCH_MS = 200;

export class Cluster {
  readonly url: string;
  readonly members: readonly Member[];
  /** What its topics, groups, keyspace and keys begin with. */
  readonly prefix: string;
  readonly #daemons: readonly Daemon[];
  readonly #balancer: Daemon;
  readonly #dataDir: string;
  readonly #runDir: string;
  #supervised = false;

  constructor(options: ClusterOptions) {
    const { members, runDir, port, dataDir } = options;
    this.url = `http://127.0.0.1:${port}`;
    this.members = members;
    this.prefix = options.prefix;
    this.#dataDir = dataDir;
    this.#runDir = runDir;
    const settings = { ...options, publicUrl: `http://localhost:${port}` };
    this.#daemons = members.map((member) => new Daemon(serviceProgram(member, members, settings), runDir));
    const gateways = members
      .filter(({ service }) => service === 'gateway')
      .map(({ name, httpPort, healthPort }) => ({ name, port: httpPort, healthPort }));
    this.#balancer = new Daemon(haproxy({ dir: join(dataDir, 'haproxy'), port, gateways }), runDir);
  }

  get processes(): readonly Daemon[] {
    return [...this.#daemons, this.#balancer];
  }

  /** By its name, such as gateway-1 or haproxy. */
  process(name: string): Daemon {
    const found = this.processes.find((daemon) => daemon.name === name);
    if (!found)
      throw new Error(`no such process: want one of ${this.processes.map((p) => p.name).join(', ')}, got ${name}`);
    return found;
  }

  /** Starts all at once, in no order, with more settings for this run; resolves when everything serves. */
  async start(more: Readonly<Record<string, string>> = {}): Promise<void> {
    for (const daemon of this.processes) await daemon.spawn(more);
    await Promise.all(this.processes.map((daemon) => daemon.ready()));
  }

  /** Starts again whatever ends by itself or is killed, as Kubernetes would, until `stop`. */
  supervise(onRestart: (name: string, tail: string) => void = () => undefined): void {
    this.#supervised = true;
    for (const daemon of this.processes) void this.#watch(daemon, onRestart);
  }

  async states(): Promise<ProcessState[]> {
    return Promise.all(
      this.processes.map(async (daemon) => ({
        name: daemon.name,
        pid: daemon.pid,
        health: daemon.pid === undefined ? 'down' : await this.#health(daemon),
        logFile: daemon.logFile,
      })),
    );
  }

  /**
   * Stops what people talk to first. Resolves with the names of those that had to be killed, or that did not end with exit code 0.
   */
  async stop(): Promise<string[]> {
    this.#supervised = false;
    const forced: string[] = [];
    const stop = async (daemon: Daemon): Promise<void> => {
      const ran = daemon.pid !== undefined;
      const graceful = await daemon.stop();
      if (!graceful || (ran && (daemon.exitCode ?? 0) !== 0)) forced.push(daemon.name);
    };
    const order = [...SERVICES].reverse();
    for (const service of order)
      await Promise.all(
        this.members.filter((member) => member.service === service).map(({ name }) => stop(this.process(name))),
      );
    await this.#balancer.stop();
    return forced;
  }

  /** Stops it and forgets its logs and local data; what lies in the servers stays. */
  async destroy(): Promise<void> {
    await this.stop();
    rmSync(this.#dataDir, { recursive: true, force: true });
    rmSync(this.#runDir, { recursive: true, force: true });
  }

  async #watch(daemon: Daemon, onRestart: (name: string, tail: string) => void): Promise<void> {
    while (this.#supervised) {
      if (daemon.pid === undefined) {
        await sleep(RESTART_MS);
        if (!this.#supervised) return;
        onRestart(daemon.name, daemon.tail(5));
        await daemon.spawn();
      }
      await sleep(WATCH_MS);
    }
  }

  async #health(daemon: Daemon): Promise<string> {
    const member = this.members.find(({ name }) => name === daemon.name);
    if (!member) return (await daemon.serves()) ? 'ready' : 'not ready';
    try {
      const answer = await fetch(`http://127.0.0.1:${member.healthPort}/readyz`);
      if (answer.ok) return 'ready';
      const { reasons } = (await answer.json()) as { reasons: readonly string[] };
      return reasons.join('; ');
    } catch {
      return 'does not answer';
    }
  }
}
