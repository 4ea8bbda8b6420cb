/** What clients are not told of an outage is told to operators: each reason at once, and again every 30 s while it goes on. */
import { asClatterError, type Clock, type Logger } from '@clatter/runtime';

const AGAIN_MS = 30_000;
/** Reasons that are remembered; the oldest makes room. */
const REASONS_MAX = 100;

export class OutageLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #reasons = new Map<string, { saidAtMs: number; since: number }>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Takes any error; those of other kinds than UNAVAILABLE are not its matter. */
  note(error: unknown): void {
    const failure = asClatterError(error);
    if (failure.code !== 'UNAVAILABLE') return;
    const reason = failure.message;
    const nowMs = this.#clock.nowMs();
    const known = this.#reasons.get(reason);
    if (known && nowMs - known.saidAtMs < AGAIN_MS) {
      known.since++;
      return;
    }
    this.#reasons.delete(reason);
    for (const oldest of this.#reasons.keys()) {
      if (this.#reasons.size < REASONS_MAX) break;
      this.#reasons.delete(oldest);
    }
    this.#reasons.set(reason, { saidAtMs: nowMs, since: 0 });
    this.#logger.warn({ reason, more: known?.since ?? 0 }, 'requests are refused as UNAVAILABLE');
  }
}
