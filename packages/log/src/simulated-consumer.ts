/** Readers of the simulated log: groups that share partitions, and readers of their own. */
import type { Assignment, ConsumeOptions, Consumer, LogRecord, PartitionConsumer } from './event-log.ts';
import type { SimulatedLog, SimulatedProcess } from './simulated-log.ts';
import type { SimulatedPartition } from './simulated-partition.ts';

const BATCH_RECORDS_MAX = 500;
/** How long the coordinator waits for an owner that it asked to give a partition up. */
const GIVE_UP_MS = 10_000;

/** A consumer as its log sees it. */
export interface SimulatedMember extends Consumer {
  readonly process: SimulatedProcess;
}

/** One consumer's hold of one partition, from the assignment until it gives up or learns that it lost it. */
class Claim {
  readonly partition: SimulatedPartition;
  readonly process: SimulatedProcess;
  /** The coordinator gave the partition to somebody else. */
  lost = false;
  readonly #log: SimulatedLog;
  readonly #options: ConsumeOptions;
  readonly #commit: (claim: Claim, offset: number) => boolean;
  readonly #aborter = new AbortController();
  readonly #begun = Promise.withResolvers<void>();
  readonly #caughtUp = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #consumer: PartitionConsumer | undefined;
  #next = 0;
  #idle = false;
  #stopAsked = false;

  constructor(
    log: SimulatedLog,
    process: SimulatedProcess,
    options: ConsumeOptions,
    partition: SimulatedPartition,
    commit: (claim: Claim, offset: number) => boolean,
  ) {
    this.#log = log;
    this.process = process;
    this.#options = options;
    this.partition = partition;
    this.#commit = commit;
  }

  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  get #where(): string {
    return `${this.partition.topic}/${this.partition.partition}`;
  }

  begin(committedOffset: number): void {
    const { topic, partition, endOffset } = this.partition;
    const assignment: Assignment = {
      topic,
      partition,
      committedOffset,
      endOffset,
      currentEnd: () => this.#askEnd(),
      logId: this.#log.logId,
      signal: this.#aborter.signal,
      commit: (offset) => this.#sendCommit(offset),
    };
    this.#next = committedOffset;
    this.process.later(`${this.process.name} gets ${this.#where} from ${committedOffset}`, () => {
      if (this.#stopAsked) return this.#end();
      this.#options.assign(assignment).then(
        (consumer) => {
          this.#consumer = consumer;
          this.#begun.resolve();
          this.#fetch(endOffset);
        },
        (error) => this.#halt(error),
      );
    });
  }

  /** Gives the partition up in good order. Never resolves in a killed process. */
  stop(): Promise<void> {
    this.#stopAsked = true;
    if (this.#idle) void this.#finish();
    return this.#ended.promise;
  }

  /** The owner learns that it lost the partition. */
  abort(): void {
    this.#end();
  }

  #fetch(endOffset: number): void {
    if (this.#aborter.signal.aborted) return;
    if (this.#next >= endOffset) this.#caughtUp.resolve();
    if (this.#stopAsked) return void this.#finish();
    const { network, faults } = this.#log;
    const max = Math.min(
      this.#options.batchRecordsMax ?? BATCH_RECORDS_MAX,
      faults.batchRecordsMax > 0 ? 1 + Math.floor(network.random() * faults.batchRecordsMax) : BATCH_RECORDS_MAX,
    );
    const records = this.partition.read(this.#next, max);
    const last = records.at(-1);
    if (!last) {
      this.#idle = true;
      this.partition.onNext(() =>
        this.process.later(`${this.process.name} polls ${this.#where}`, () => {
          this.#idle = false;
          this.#fetch(endOffset);
        }),
      );
      return;
    }
    const first = records[0] as LogRecord;
    this.process.later(`${this.process.name} takes ${this.#where} ${first.offset}..${last.offset}`, () => {
      if (this.#aborter.signal.aborted) return;
      if (faults.commitsEarly) this.#commit(this, last.offset + 1);
      (this.#consumer as PartitionConsumer).onBatch(records).then(
        () => {
          this.#next = last.offset + 1;
          this.#fetch(endOffset);
        },
        (error) => this.#halt(error),
      );
    });
  }

  async #finish(): Promise<void> {
    await this.#consumer?.stop();
    this.#end();
  }

  #end(): void {
    this.#aborter.abort();
    this.#begun.resolve();
    this.#caughtUp.resolve();
    this.#ended.resolve();
  }

  #halt(error: unknown): void {
    this.#begun.resolve();
    this.#caughtUp.resolve();
    this.#idle = true;
    this.#consumer = undefined;
    // Whoever lost the partition meanwhile may give up with an error.
    if (!this.#aborter.signal.aborted) this.#options.onHalt?.(this.partition.topic, this.partition.partition, error);
  }

  #askEnd(): Promise<number> {
    return new Promise((resolve) => {
      this.#log.network.later(`${this.process.name} asks for the end of ${this.#where}`, () => {
        const { endOffset } = this.partition;
        this.process.later(`${this.process.name} learns the end of ${this.#where}`, () => resolve(endOffset));
      });
    });
  }

  #sendCommit(offset: number): Promise<void> {
    if (this.#options.ephemeral) return Promise.resolve();
    const { network, faults } = this.#log;
    return new Promise((resolve, reject) => {
      network.later(`${this.process.name} commits ${offset} of ${this.#where}`, () => {
        const lost = network.random() < faults.commitLost;
        const accepted = !lost && this.#commit(this, offset);
        this.process.later(`${this.process.name} learns of its commit ${offset} of ${this.#where}`, () =>
          accepted ? resolve() : reject(new Error('the commit was refused or lost')),
        );
      });
    });
  }
}

/** Reads all partitions of its topics by itself and commits nothing. */
export class SimulatedReader implements SimulatedMember {
  readonly process: SimulatedProcess;
  readonly #claims: Claim[] = [];

  constructor(log: SimulatedLog, process: SimulatedProcess, options: ConsumeOptions) {
    this.process = process;
    for (const partition of options.topics.flatMap((topic) => log.partitionsOf(topic))) {
      const claim = new Claim(log, process, options, partition, () => true);
      this.#claims.push(claim);
      claim.begin(startOf(options, partition));
    }
  }

  async ready(): Promise<void> {
    await Promise.all(this.#claims.map((claim) => claim.caughtUp));
  }

  async close(): Promise<void> {
    await Promise.all(this.#claims.map((claim) => claim.stop()));
  }
}

function startOf({ start }: ConsumeOptions, partition: SimulatedPartition): number {
  if (start === 'beginning') return 0;
  return start === 'end' ? partition.endOffset : partition.offsetSince(start.sinceMs);
}

/** A consumer that shares its topics with the others of its group. */
class Member implements SimulatedMember {
  readonly process: SimulatedProcess;
  readonly options: ConsumeOptions;
  readonly claims = new Set<Claim>();
  /** Those that it lost and may not know of. */
  readonly lost = new Set<Claim>();
  readonly joined = Promise.withResolvers<void>();
  closed = false;
  readonly #group: SimulatedGroup;

  constructor(group: SimulatedGroup, process: SimulatedProcess, options: ConsumeOptions) {
    this.#group = group;
    this.process = process;
    this.options = options;
  }

  async ready(): Promise<void> {
    await this.joined.promise;
    await Promise.all([...this.claims].map((claim) => claim.begun));
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.claims].map((claim) => claim.stop()));
    for (const claim of this.lost) claim.abort();
    this.#group.leave(this);
  }
}

export class SimulatedGroup {
  readonly #log: SimulatedLog;
  readonly #name: string;
  readonly #members: Member[] = [];
  readonly #committed = new Map<SimulatedPartition, number>();
  /** Who owns a partition, as the coordinator sees it. */
  readonly #owners = new Map<SimulatedPartition, { readonly member: Member; readonly claim: Claim; moving: boolean }>();
  #shift = 0;

  constructor(log: SimulatedLog, name: string) {
    this.#log = log;
    this.#name = name;
  }

  committed(topic: string, partition: number): number | undefined {
    return this.#committed.get(this.#log.partitionsOf(topic)[partition] as SimulatedPartition);
  }

  join(process: SimulatedProcess, options: ConsumeOptions): Member {
    const member = new Member(this, process, options);
    this.#log.network.later(`${process.name} joins ${this.#name}`, () => this.#enter(member));
    return member;
  }

  leave(member: Member): void {
    const index = this.#members.indexOf(member);
    if (index >= 0) this.#members.splice(index, 1);
    this.#balance();
  }

  /** Gives every partition to the next member. */
  shift(): void {
    this.#shift++;
    this.#balance();
  }

  expire(process: SimulatedProcess): void {
    const { network, faults } = this.#log;
    for (const member of this.#members.filter((other) => other.process === process)) {
      const claims = [...member.claims];
      this.leave(member);
      const unawareMs = faults.unawareMsMax > 0 ? network.random() * faults.unawareMsMax : undefined;
      // If it still runs, it learns that it was given up, and joins again.
      const learn = (): void => {
        for (const claim of claims) claim.abort();
        network.later(`${process.name} joins ${this.#name} again`, () => this.#enter(member));
      };
      process.later(`${process.name} learns that it is no member of ${this.#name} any more`, learn, unawareMs);
    }
  }

  #enter(member: Member): void {
    if (member.closed) return;
    this.#members.push(member);
    this.#balance();
    member.joined.resolve();
  }

  /** Every partition has the owner that it should have, or is on its way there. */
  #balance(): void {
    const topics = new Set(this.#members.flatMap(({ options }) => options.topics));
    const wantedOrOwned = new Set([
      ...[...topics].flatMap((topic) => this.#log.partitionsOf(topic)),
      ...this.#owners.keys(),
    ]);
    for (const partition of wantedOrOwned) {
      const members = this.#members.filter(({ options }) => options.topics.includes(partition.topic));
      const wanted = members[(partition.partition + this.#shift) % members.length];
      const owner = this.#owners.get(partition);
      if (!owner) this.#assign(partition, wanted);
      else if (!this.#members.includes(owner.member)) this.#take(partition);
      else if (owner.member !== wanted && !owner.moving) this.#move(partition, owner);
    }
  }

  #move(partition: SimulatedPartition, owner: { readonly claim: Claim; moving: boolean }): void {
    const { network, faults } = this.#log;
    if (network.random() < faults.abruptMove) return this.#take(partition);
    owner.moving = true;
    const { claim } = owner;
    const done = (): void => {
      if (this.#owners.get(partition)?.claim === claim) this.#take(partition);
    };
    claim.process.later(`${claim.process.name} is asked to give up ${partition.topic}/${partition.partition}`, () => {
      void claim
        .stop()
        .then(() => network.later(`${claim.process.name} gave up ${partition.topic}/${partition.partition}`, done));
    });
    network.later(`the coordinator waits no longer for ${claim.process.name}`, done, GIVE_UP_MS);
  }

  /** Takes a partition from its owner, who may not learn of it for a while, and gives it to another. */
  #take(partition: SimulatedPartition): void {
    const { network, faults } = this.#log;
    const owner = this.#owners.get(partition);
    if (!owner) return;
    const { claim, member } = owner;
    claim.lost = true;
    member.claims.delete(claim);
    member.lost.add(claim);
    this.#owners.delete(partition);
    const unawareMs = faults.unawareMsMax > 0 ? network.random() * faults.unawareMsMax : undefined;
    claim.process.later(
      `${claim.process.name} learns that it lost ${partition.topic}/${partition.partition}`,
      () => claim.abort(),
      unawareMs,
    );
    const members = this.#members.filter(({ options }) => options.topics.includes(partition.topic));
    this.#assign(partition, members[(partition.partition + this.#shift) % members.length]);
  }

  #assign(partition: SimulatedPartition, member: Member | undefined): void {
    if (!member) return;
    const claim = new Claim(this.#log, member.process, member.options, partition, (by, offset) =>
      this.#commit(by, offset),
    );
    this.#owners.set(partition, { member, claim, moving: false });
    member.claims.add(claim);
    let committed = this.#committed.get(partition);
    if (committed === undefined) {
      committed = startOf(member.options, partition);
      if (committed > 0) this.#committed.set(partition, committed);
    }
    claim.begin(committed);
  }

  /** The owner's commits only go up; those of others count or not, and may go either way. */
  #commit(claim: Claim, offset: number): boolean {
    const { network, faults, watcher } = this.#log;
    const { partition } = claim;
    if (claim.lost) {
      if (network.random() >= faults.zombieCommits) return false;
      this.#committed.set(partition, offset);
    } else this.#committed.set(partition, Math.max(offset, this.#committed.get(partition) ?? 0));
    watcher.onCommit?.(this.#name, partition.topic, partition.partition, offset);
    return true;
  }
}
