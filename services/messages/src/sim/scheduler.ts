/**
 * Virtual time. Everything that can happen is a step at a time that the seed draws: the answer of every call, every timer, every fault.
 * After a step all promises are followed until nothing moves, then comes the next; so every await on a port is a point where anything
 * may happen, and the same seed gives the same run.
 */
import type { Clock } from '@clatter/runtime';
import { hashOf, type Random } from './random.ts';

interface Step {
  readonly dueMs: number;
  readonly number: number;
  readonly life: Life | undefined;
  readonly what: string;
  readonly run: () => void;
  cancelled: boolean;
}

/** Lines of the trace that are kept. */
const TRACE_LINES = 400;

export class Scheduler {
  readonly random: Random;
  /** Steps so far. */
  steps = 0;
  /** A number that two runs share if and only if they were the same. */
  fingerprint = 0;
  #nowMs: number;
  readonly #startMs: number;
  #numbers = 0;
  readonly #heap: Step[] = [];
  readonly #trace: string[] = [];

  constructor(random: Random, startMs: number) {
    this.random = random;
    this.#nowMs = startMs;
    this.#startMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get trace(): readonly string[] {
    return this.#trace.slice(-TRACE_LINES);
  }

  /** A line of the trace. */
  note(what: string): void {
    this.fingerprint = hashOf(what, this.fingerprint ^ this.steps);
    if (this.#trace.length > TRACE_LINES * 2) this.#trace.splice(0, TRACE_LINES);
    this.#trace.push(`${String(this.steps).padStart(6)} ${((this.#nowMs - this.#startMs) / 1000).toFixed(3)} ${what}`);
  }

  /** What a call takes on its way: mostly a moment, sometimes long. In ms. */
  latencyMs(): number {
    const draw = this.random.next();
    if (draw < 0.7) return this.random.next() * 3;
    if (draw < 0.93) return this.random.next() * 30;
    if (draw < 0.99) return this.random.next() * 300;
    return this.random.next() * 3000;
  }

  /** Runs something in the world itself; it outlives every process. Returns how to cancel it. */
  later(what: string, run: () => void, delayMs: number = this.latencyMs(), life?: Life): () => void {
    const step: Step = { dueMs: this.#nowMs + delayMs, number: this.#numbers++, life, what, run, cancelled: false };
    this.#push(step);
    return () => {
      step.cancelled = true;
    };
  }

  /** Takes the next step. False where nothing is left to happen. */
  async step(): Promise<boolean> {
    for (;;) {
      const step = this.#pop();
      if (!step) return false;
      if (step.cancelled || step.life?.state === 'dead') continue;
      if (step.life?.state === 'paused') {
        step.life.hold(step.what, step.run, step);
        continue;
      }
      this.#nowMs = Math.max(this.#nowMs, step.dueMs);
      this.steps++;
      this.note(step.what);
      step.run();
      // Microtasks run until there are none before an immediate does.
      await new Promise((resolve) => setImmediate(resolve));
      return true;
    }
  }

  #push(step: Step): void {
    const heap = this.#heap;
    let i = heap.push(step) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (before(heap[parent] as Step, step)) break;
      heap[i] = heap[parent] as Step;
      i = parent;
    }
    heap[i] = step;
  }

  #pop(): Step | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (!top || !last || heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = i * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Step, heap[child] as Step)) child++;
      if (before(last, heap[child] as Step)) break;
      heap[i] = heap[child] as Step;
      i = child;
    }
    heap[i] = last;
    return top;
  }
}

const before = (a: Step, b: Step): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.number < b.number);

/**
 * A process, from its start until it is killed. Killed: none of its calls is ever answered and its timers never fire. Paused: all of that
 * waits until it goes on. What it had sent before goes its way.
 */
export class Life {
  readonly name: string;
  readonly clock: Clock;
  /** How far its clock is ahead of true time. */
  readonly skewMs: number;
  readonly #scheduler: Scheduler;
  #state: 'running' | 'paused' | 'dead' = 'running';
  #held: { what: string; run: () => void; step: { cancelled: boolean } }[] = [];

  constructor(scheduler: Scheduler, name: string, skewMs = 0) {
    this.name = name;
    this.skewMs = skewMs;
    this.#scheduler = scheduler;
    this.clock = {
      nowMs: () => Math.floor(scheduler.nowMs + skewMs),
      timer: (delayMs, fire) => scheduler.later(`${name}: timer of ${delayMs} ms`, fire, delayMs, this),
    };
  }

  get state(): 'running' | 'paused' | 'dead' {
    return this.#state;
  }

  /** Runs something in this process. */
  later(what: string, run: () => void, delayMs?: number): void {
    this.#scheduler.later(what, run, delayMs, this);
  }

  /** Runs something in this process at the end of the turn. */
  defer(run: () => void): void {
    this.#scheduler.later(`${this.name}: end of turn`, run, 0, this);
  }

  /**
   * A call to somewhere else: `effect` happens there, whatever becomes of the caller meanwhile; its outcome comes back. `effect` may
   * throw, or answer later.
   */
  call<T>(what: string, effect: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const answer = (outcome: () => void, how: string): void => this.later(`${this.name} ← ${what}${how}`, outcome);
      this.#scheduler.later(`${this.name} → ${what}`, () => {
        new Promise<T>((done) => done(effect())).then(
          (value) => answer(() => resolve(value), ''),
          (error) => answer(() => reject(error), `: ${(error as Error).message}`),
        );
      });
    });
  }

  kill(): void {
    this.#state = 'dead';
    this.#held = [];
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  /** Goes on; what waited happens in an order of the seed. */
  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    for (const { what, run, step } of this.#held.splice(0))
      this.#scheduler.later(what, () => (step.cancelled ? undefined : run()), this.#scheduler.random.next() * 50, this);
  }

  /** For the scheduler: a step that came while paused. */
  hold(what: string, run: () => void, step: { cancelled: boolean }): void {
    this.#held.push({ what, run, step });
  }
}

/** A way from one to another that keeps the order: a socket, a stream. What is under way is lost when it closes. */
export class Channel {
  readonly #scheduler: Scheduler;
  readonly #to: Life | undefined;
  readonly #queue: (() => void)[] = [];
  #lastMs = 0;
  #open = true;
  #lost = false;

  constructor(scheduler: Scheduler, to: Life | undefined) {
    this.#scheduler = scheduler;
    this.#to = to;
  }

  /** How much is on its way. */
  get underWay(): number {
    return this.#lost ? 0 : this.#queue.length;
  }

  get open(): boolean {
    return this.#open;
  }

  send(what: string, run: () => void): void {
    if (!this.#open) return;
    this.#queue.push(run);
    this.#lastMs = Math.max(this.#lastMs, this.#scheduler.nowMs + this.#scheduler.latencyMs());
    // Whichever step comes first takes what was sent first.
    const arrive = (): void => {
      const next = this.#queue.shift();
      if (!this.#lost) next?.();
    };
    this.#scheduler.later(what, arrive, this.#lastMs - this.#scheduler.nowMs, this.#to);
  }

  /** @param arrived what was sent has arrived, and waits there to be read */
  close(arrived = false): void {
    this.#open = false;
    this.#lost = !arrived;
  }
}
