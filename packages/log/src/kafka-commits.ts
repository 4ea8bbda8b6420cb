/**
 * Commits of one group member. One request at a time; what is asked for meanwhile goes along with the next. The broker takes a commit only
 * from a member of the current generation; until the group has settled again it is repeated, while the partition is ours. A partition that
 * was lost is in no request, and its commits reject.
 */
import { type Clock, sleep } from '@clatter/runtime';
import type { KafkaClaim } from './kafka-claim.ts';

/** How long a commit waits for others to go along, unless its partition is being given up. */
const LINGER_MS = 200;
const RETRY_MS = 100;

/** Sends offsets; resolves with those claims whose commit is durable. */
export type SendCommits = (offsets: ReadonlyMap<KafkaClaim, number>) => Promise<readonly KafkaClaim[]>;

interface Mark {
  wanted: number;
  committed: number;
  waiting: { readonly offset: number; resolve(): void; reject(error: Error): void }[];
}

export class KafkaCommits {
  readonly #send: SendCommits;
  readonly #clock: Clock;
  readonly #marks = new Map<KafkaClaim, Mark>();
  #running = false;
  #urgent = Promise.withResolvers<void>();

  constructor(send: SendCommits, clock: Clock) {
    this.#send = send;
    this.#clock = clock;
  }

  /** Resolves when this offset or a higher one is durable; rejects when the partition was lost before. */
  commit(claim: KafkaClaim, offset: number): Promise<void> {
    if (claim.lost) return Promise.reject(lostError(claim));
    let mark = this.#marks.get(claim);
    if (!mark) {
      mark = { wanted: -1, committed: -1, waiting: [] };
      this.#marks.set(claim, mark);
      const { waiting } = mark;
      void claim.ended.then(() => this.#forget(claim));
      claim.onLost(() => {
        for (const { reject } of waiting.splice(0)) reject(lostError(claim));
        this.#marks.delete(claim);
      });
    }
    if (offset <= mark.committed) return Promise.resolve();
    mark.wanted = Math.max(mark.wanted, offset);
    const { waiting } = mark;
    const done = new Promise<void>((resolve, reject) => void waiting.push({ offset, resolve, reject }));
    if (claim.stopping) this.flush();
    if (!this.#running) void this.#run();
    return done;
  }

  /** Lets what waits go at once. */
  flush(): void {
    this.#urgent.resolve();
  }

  async #run(): Promise<void> {
    this.#running = true;
    const linger = new AbortController();
    void this.#urgent.promise.then(() => linger.abort());
    await sleep(this.#clock, LINGER_MS, linger.signal);
    this.#urgent = Promise.withResolvers();
    for (let due = this.#due(); due.size > 0; due = this.#due()) {
      const done = await this.#send(due).catch((): readonly KafkaClaim[] => []);
      for (const claim of done) this.#committed(claim, due.get(claim) as number);
      if (done.length < due.size) await sleep(this.#clock, RETRY_MS);
    }
    this.#running = false;
  }

  #due(): ReadonlyMap<KafkaClaim, number> {
    const due = new Map<KafkaClaim, number>();
    for (const [claim, { wanted, committed }] of this.#marks)
      if (wanted > committed && !claim.lost) due.set(claim, wanted);
    return due;
  }

  #committed(claim: KafkaClaim, offset: number): void {
    const mark = this.#marks.get(claim);
    if (!mark) return;
    mark.committed = Math.max(mark.committed, offset);
    for (const one of mark.waiting.splice(0)) {
      if (one.offset <= mark.committed) one.resolve();
      else mark.waiting.push(one);
    }
  }

  /** A claim that ended in good order may have commits that nobody waits for. */
  #forget(claim: KafkaClaim): void {
    if (this.#marks.get(claim)?.waiting.length === 0) this.#marks.delete(claim);
  }
}

const lostError = ({ topic, partition }: KafkaClaim): Error =>
  new Error(`partition ${partition} of ${topic} was lost before its commit`);
