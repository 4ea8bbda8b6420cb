/**
 * The EventLog of the simulator: everything that a broker may do within the port's promises, drawn by a seed. Sends that fail and are
 * appended nevertheless, owners that lost a partition and do not know, commits of theirs that count, offsets with gaps, clocks that
 * jump. Without faults it is a plain log in memory.
 *
 * The log itself outlives all processes. Each process has a view of it (`connect`); what the log answers arrives in the process, so a
 * killed one never learns anything, and a paused one late.
 */
import { partitionOf } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import type { Appended, EventLog, LogRecord, NewRecord, Producer } from './event-log.ts';
import { SimulatedGroup, type SimulatedMember, SimulatedReader } from './simulated-consumer.ts';
import { SimulatedPartition } from './simulated-partition.ts';

/** What can run something later. */
interface Runner {
  /** @param delayMs at least so late; without it, whenever the seed says */
  later(what: string, run: () => void, delayMs?: number): void;
}

/** A process that uses the log: `later` never runs anything once it was killed, and waits while it is paused. */
export interface SimulatedProcess extends Runner {
  readonly name: string;
}

/** What lies between the processes and the log. */
export interface SimulatedNetwork extends Runner {
  nowMs(): number;
  /** 0 ≤ number < 1. */
  random(): number;
}

/** Probabilities, but where a unit is named. */
export interface SimulatedLogFaults {
  /** A send fails and is not appended. */
  sendLost: number;
  /** A send fails for its process, and is appended. */
  sendUnknown: number;
  /** A send fails for its process, and is appended up to a minute later: after what was sent since. */
  sendLate: number;
  /** A commit is lost. */
  commitLost: number;
  /** A commit of a process that lost the partition counts, even where it sets the group back. */
  zombieCommits: number;
  /** Offsets are left out before a record. */
  offsetGap: number;
  /** A partition changes hands without its old owner being asked first. */
  abruptMove: number;
  /** How long at most an owner does not know that it lost a partition. */
  unawareMsMax: number;
  /** Largest number of records in a batch; drawn from 1 to this where more than 0. */
  batchRecordsMax: number;
  /** Sends are refused: the brokers are away. */
  away: boolean;
  /** What no log may do, to see that it is found: a commit as soon as records are handed over. */
  commitsEarly: boolean;
}

export const noLogFaults = (): SimulatedLogFaults => ({
  sendLost: 0,
  sendUnknown: 0,
  sendLate: 0,
  commitLost: 0,
  zombieCommits: 0,
  offsetGap: 0,
  abruptMove: 0,
  unawareMsMax: 0,
  batchRecordsMax: 0,
  away: false,
  commitsEarly: false,
});

/** What happens in the log, for whoever checks it. */
export interface SimulatedLogWatcher {
  onAppend?(record: LogRecord): void;
  onCommit?(group: string, topic: string, partition: number, offset: number): void;
}

export interface SimulatedLogOptions {
  readonly network: SimulatedNetwork;
  /** Topic → how many partitions. */
  readonly topics: Readonly<Record<string, number>>;
  readonly faults?: SimulatedLogFaults;
  readonly watcher?: SimulatedLogWatcher;
  readonly logId?: string;
}

export class SimulatedLog {
  readonly network: SimulatedNetwork;
  readonly faults: SimulatedLogFaults;
  readonly watcher: SimulatedLogWatcher;
  logId: string;
  readonly #topics = new Map<string, readonly SimulatedPartition[]>();
  readonly #groups = new Map<string, SimulatedGroup>();

  constructor({ network, topics, faults = noLogFaults(), watcher = {}, logId = 'simulated' }: SimulatedLogOptions) {
    this.network = network;
    this.faults = faults;
    this.watcher = watcher;
    this.logId = logId;
    for (const [topic, count] of Object.entries(topics))
      this.#topics.set(
        topic,
        Array.from({ length: count }, (_, partition) => new SimulatedPartition(topic, partition)),
      );
  }

  /** The log as one process sees it. */
  connect(process: SimulatedProcess): EventLog {
    const readers = new Set<SimulatedMember>();
    const queues = new Map<SimulatedPartition, SendQueue>();
    let closed = false;
    return {
      partitions: (topic) => this.partitionsOf(topic).length,
      producer: (): Producer => ({
        send: (topic, record) => {
          const partitions = this.partitionsOf(topic);
          const partition = partitions[
            record.partition ?? partitionOf(record.key, partitions.length)
          ] as SimulatedPartition;
          if (closed) return Promise.reject(new ClatterError('UNAVAILABLE', 'the log is closed'));
          let queue = queues.get(partition);
          if (!queue) {
            queue = new SendQueue(this, process, partition);
            queues.set(partition, queue);
          }
          return queue.add(record);
        },
      }),
      consume: (options) => {
        const reader = options.ephemeral
          ? new SimulatedReader(this, process, options)
          : this.#group(options.group).join(process, options);
        readers.add(reader);
        return reader;
      },
      health: () => (this.faults.away ? { ok: false, reason: 'the brokers are away' } : { ok: true, reason: '' }),
      close: async () => {
        closed = true;
        await Promise.all([...readers].map((reader) => reader.close()));
      },
    };
  }

  partitionsOf(topic: string): readonly SimulatedPartition[] {
    const partitions = this.#topics.get(topic);
    if (!partitions) throw new Error(`topic ${topic} is not in the topic table`);
    return partitions;
  }

  /** The group's committed offset, 0 where nothing was committed. */
  committed(group: string, topic: string, partition: number): number {
    return this.#group(group).committed(topic, partition) ?? 0;
  }

  /** The coordinator gives all partitions of a group out anew. */
  rebalance(group: string): void {
    this.#group(group).shift();
  }

  /** The session of a process runs out: others get its partitions. It learns of it later, if it still runs. */
  expire(process: SimulatedProcess): void {
    for (const group of this.#groups.values()) group.expire(process);
  }

  #group(name: string): SimulatedGroup {
    let group = this.#groups.get(name);
    if (!group) {
      group = new SimulatedGroup(this, name);
      this.#groups.set(name, group);
    }
    return group;
  }
}

/** A request that was given up may lie with its broker for so long. */
const LATE_MS = 60_000;

interface Waiting {
  readonly record: NewRecord;
  resolve(appended: Appended): void;
  reject(error: Error): void;
}

/** What one process sends to one partition: one request under way at a time; when it fails, all behind it fails (rule 18). */
class SendQueue {
  readonly #log: SimulatedLog;
  readonly #process: SimulatedProcess;
  readonly #partition: SimulatedPartition;
  #waiting: Waiting[] = [];
  #busy = false;

  constructor(log: SimulatedLog, process: SimulatedProcess, partition: SimulatedPartition) {
    this.#log = log;
    this.#process = process;
    this.#partition = partition;
  }

  add(record: NewRecord): Promise<Appended> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      this.#send();
    });
  }

  #send(): void {
    if (this.#busy || this.#waiting.length === 0) return;
    this.#busy = true;
    const { topic, partition } = this.#partition;
    const where = `${topic}/${partition}`;
    // Gathered for a moment in the process, then on its way: a paused process sends late, a killed one may have sent.
    this.#process.later(`${this.#process.name} sends to ${where}`, () => {
      const sent = this.#waiting;
      this.#waiting = [];
      this.#log.network.later(`${where} gets ${sent.length} from ${this.#process.name}`, () => {
        const { faults, network } = this.#log;
        const draw = network.random();
        const lost = faults.away || draw < faults.sendLost;
        const late = !lost && draw < faults.sendLost + faults.sendLate;
        const failed = lost || draw < faults.sendLost + faults.sendLate + faults.sendUnknown;
        const append = (): Appended[] => sent.map(({ record }) => this.#append(record));
        const appended = lost || late ? [] : append();
        if (late) network.later(`${where} gets what was long on its way`, append, network.random() * LATE_MS);
        this.#process.later(`${this.#process.name} learns that ${where} ${failed ? 'failed' : 'appended'}`, () => {
          this.#busy = false;
          if (failed) {
            const error = new ClatterError('UNAVAILABLE', 'the log does not answer');
            for (const { reject } of [...sent, ...this.#waiting.splice(0)]) reject(error);
          } else for (const [index, { resolve }] of sent.entries()) resolve(appended[index] as Appended);
          this.#send();
        });
      });
    });
  }

  #append(record: NewRecord): Appended {
    const { faults, network, watcher } = this.#log;
    const gap = network.random() < faults.offsetGap ? 1 + Math.floor(network.random() * 3) : 0;
    const appended = this.#partition.append(record, network.nowMs(), gap);
    watcher.onAppend?.(appended);
    return { partition: appended.partition, offset: appended.offset };
  }
}
