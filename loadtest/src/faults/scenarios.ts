/** What is done to the platform. Each scenario knows one kind of fault, does it once, and mends what does not mend itself. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Daemon } from '@clatter/cluster';
import { type FaultPlatform, gated, type ServerName } from './platform.ts';
import type { Random } from './random.ts';

export interface Fault {
  readonly platform: FaultPlatform;
  readonly random: Random;
  /** How long a fault lasts that is not over at once: so long, or shorter in a short run. */
  hold(ms: number): Promise<void>;
}

export interface Scenario {
  readonly name: string;
  /** In one sentence. */
  readonly what: string;
  /** Between two faults. */
  readonly everyMs: readonly [number, number];
  /** Does it once; resolves with what was done when it is over. */
  happen(fault: Fault): Promise<string>;
}

async function kill({ platform, random }: Fault, names: readonly string[]): Promise<string> {
  if (names.length === 0) return 'nothing runs that could be killed';
  const name = random.pick(names);
  await platform.cluster.process(name).kill();
  return `kill -9 ${name}`;
}

/** The server goes, in good order or not, and comes back after a while. */
async function restart({ random, hold }: Fault, server: Daemon): Promise<string> {
  const hard = random.next() < 0.6;
  await (hard ? server.kill() : server.stop());
  await hold(random.between(0, 8000));
  await server.start();
  return hard ? `kill -9 ${server.name}` : `${server.name} restarted`;
}

async function freeze({ hold }: Fault, daemon: Daemon, ms: number): Promise<string> {
  daemon.signal('SIGSTOP');
  try {
    await hold(ms);
  } finally {
    daemon.signal('SIGCONT');
  }
  return `${daemon.name} stopped, and went on`;
}

/** An inline command of Redis (RESP): it needs no client. */
async function flush(port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('FLUSHALL\r\n'));
    socket.once('data', () => socket.end());
    socket.once('close', () => resolve());
    socket.once('error', reject);
  });
  return 'redis flushed';
}

/** One process is cut off from one server while all others reach it: connections are refused, or nothing comes through. */
async function cutOff({ platform, random, hold }: Fault, server: ServerName): Promise<string> {
  const gate = platform.gates[server];
  if (!gate) return `no way to cut off ${server}`;
  const hangs = random.next() < 0.5;
  if (hangs) gate.stall();
  else await gate.shut();
  try {
    await hold(random.between(3000, 25_000));
  } finally {
    if (hangs) gate.resume();
    else await gate.open();
  }
  return `${gated[server]} ${hangs ? 'without an answer from' : 'cut off from'} ${server}`;
}

const each: readonly Scenario[] = [
  {
    name: 'owner-kill',
    what: 'kill -9 of an owner of partitions (messages) at random moments',
    everyMs: [500, 8000],
    happen: (fault) => kill(fault, fault.platform.running('messages')),
  },
  {
    name: 'owner-sleep',
    what: 'SIGSTOP of an owner for 60 s, SIGCONT: it wakes up in the middle of what others do by now',
    everyMs: [2000, 6000],
    async happen(fault) {
      const running = fault.platform.running('messages');
      if (running.length === 0) return 'no owner runs';
      return freeze(fault, fault.platform.cluster.process(fault.random.pick(running)), 60_000);
    },
  },
  {
    name: 'rebalance',
    what: 'three rebalances a minute and more: owners leave in good order and come back',
    everyMs: [12_000, 22_000],
    async happen({ platform, random }) {
      const running = platform.running('messages');
      if (running.length === 0) return 'no owner runs';
      const name = random.pick(running);
      platform.cluster.process(name).signal('SIGTERM');
      return `${name} left its group`;
    },
  },
  {
    name: 'gateway-kill',
    what: 'kill -9 of gateways: sockets are lost, answers and events under way too',
    everyMs: [1000, 8000],
    happen: (fault) => kill(fault, fault.platform.running('gateway')),
  },
  {
    name: 'any-kill',
    what: 'kill -9 of any process, the load balancer too',
    everyMs: [1000, 6000],
    happen: (fault) =>
      kill(
        fault,
        fault.platform.cluster.processes.filter(({ pid }) => pid !== undefined).map(({ name }) => name),
      ),
  },
  {
    name: 'cassandra',
    what: 'Cassandra restarted, mostly by kill -9',
    everyMs: [4000, 12_000],
    happen: (fault) => restart(fault, fault.platform.stack.cassandra),
  },
  {
    name: 'kafka',
    what: 'Kafka restarted, mostly by kill -9',
    everyMs: [4000, 12_000],
    happen: (fault) => restart(fault, fault.platform.stack.kafka),
  },
  {
    name: 'server-sleep',
    what: 'SIGSTOP of Kafka or Cassandra: it hangs, and answers late',
    everyMs: [4000, 10_000],
    happen: (fault) => {
      const { kafka, cassandra } = fault.platform.stack;
      return freeze(fault, fault.random.pick([kafka, cassandra]), fault.random.between(3000, 20_000));
    },
  },
  {
    name: 'redis',
    what: 'Redis flushed, killed, restarted: who is connected where is forgotten',
    everyMs: [2000, 8000],
    happen: (fault) =>
      fault.random.next() < 0.5
        ? flush(fault.platform.stack.options.ports.redis)
        : restart(fault, fault.platform.stack.redis),
  },
  {
    name: 'postgres',
    what: 'PostgreSQL restarted, mostly by kill -9',
    everyMs: [3000, 9000],
    happen: (fault) => restart(fault, fault.platform.stack.postgres),
  },
  {
    name: 'cut-off',
    what: 'one process cut off from its server, which others reach: messages from Kafka or Cassandra, presence from Redis, auth from PostgreSQL',
    everyMs: [2000, 8000],
    happen: (fault) => cutOff(fault, fault.random.pick(Object.keys(fault.platform.gates) as ServerName[])),
  },
];

/** One machine of the three that hold the log and the messages is gone, and comes back with what it had. */
async function killNode({ platform, random, hold }: Fault): Promise<string> {
  const { kafkas, cassandras } = platform.stack;
  const place = Math.floor(random.next() * kafkas.length);
  const node = [kafkas[place], cassandras[place]] as Daemon[];
  await Promise.all(node.map((server) => server.kill()));
  await hold(random.between(5000, 25_000));
  await Promise.all(node.map((server) => server.start()));
  return `kill -9 ${node.map(({ name }) => name).join(' and ')}`;
}

/** For servers of three nodes (`--replicas 3`). */
const nodeKill: Scenario = {
  name: 'node-kill',
  what: 'kill -9 of a node of Kafka and one of Cassandra at once, as if their machine was lost for a while',
  everyMs: [5000, 15_000],
  happen: killNode,
};

/** All of them in one run. */
const everything: Scenario = {
  name: 'everything',
  what: 'any of the others, at random',
  everyMs: [500, 6000],
  happen: (fault) => fault.random.pick(each).happen(fault),
};

/** What can be done to a platform whose storage has so many nodes. */
export const scenariosOf = (replicas: number): readonly Scenario[] =>
  replicas > 1 ? [...each, nodeKill, everything] : [...each, everything];

export const scenarios = scenariosOf(1);

export interface Disturbance {
  /** Since the scenario began. */
  readonly atMs: number;
  readonly what: string;
}

/** Lets it happen again and again for so long; resolves with what was done. */
export async function disturb(
  scenario: Scenario,
  fault: Fault,
  forMs: number,
  onDone: (done: Disturbance) => void,
): Promise<readonly Disturbance[]> {
  const began = Date.now();
  const done: Disturbance[] = [];
  for (;;) {
    const pauseMs = fault.random.between(...scenario.everyMs);
    // One at least, however short the run.
    if (done.length > 0 && Date.now() - began + pauseMs > forMs) return done;
    await sleep(done.length > 0 ? pauseMs : Math.min(pauseMs, forMs));
    const disturbance = { atMs: Date.now() - began, what: await scenario.happen(fault) };
    done.push(disturbance);
    onDone(disturbance);
  }
}
