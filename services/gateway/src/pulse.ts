/**
 * When what a gateway finds on its sockets can have come at the earliest. A process that stood still (SIGSTOP, a suspended machine, a
 * long collection) finds frames that have lain in the kernel for as long. A first try of a command that is stamped as fresh then would
 * be decided without a look-up, though its repeat may have gone another way and stand in the log since (rule 5 of the design).
 */
import type { Clock } from '@clatter/runtime';

/** Small against the five minutes that a stamp may be off (rule 5). */
const TICK_MS = 10_000;
/** A tick that is later than this ends a stall. */
const STALL_MS = 2 * TICK_MS;
/** After a stall it may take so long until all that came during it has been read. */
const BACKLOG_MS = 60_000;

export class Pulse {
  readonly #clock: Clock;
  #tickedAtMs: number;
  /** What is read until then may have come during the last stall, which began at `#stalledAtMs`. */
  #backlogUntilMs = Number.NEGATIVE_INFINITY;
  #stalledAtMs = 0;
  #cancel: () => void;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#tickedAtMs = clock.nowMs();
    this.#cancel = clock.timer(TICK_MS, () => this.#tick());
  }

  /** The earliest time at which what is read now can have come. */
  get earliestMs(): number {
    const nowMs = this.#clock.nowMs();
    this.#notice(nowMs);
    return nowMs < this.#backlogUntilMs ? this.#stalledAtMs : nowMs;
  }

  stop(): void {
    this.#cancel();
  }

  /** Frames may be read before the timer fires that was due during a stall. */
  #notice(nowMs: number): void {
    if (nowMs - this.#tickedAtMs <= STALL_MS) return;
    // When stalls follow each other at once, what came during the first may not be read yet.
    if (this.#tickedAtMs >= this.#backlogUntilMs) this.#stalledAtMs = this.#tickedAtMs;
    this.#backlogUntilMs = nowMs + BACKLOG_MS;
    this.#tickedAtMs = nowMs;
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs();
    this.#notice(nowMs);
    this.#tickedAtMs = nowMs;
    this.#cancel = this.#clock.timer(TICK_MS, () => this.#tick());
  }
}
