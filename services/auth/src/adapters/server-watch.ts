/**
 * Whether a server answers. One call that fails says little (its connection was killed, say), so then the server is asked; where it does not
 * answer it counts as away, is told of in one line, and is asked again and again until it is back, which is told in another.
 */
import { backoff, type Clock, type Logger, reasonOf, ToldReasons } from '@clatter/runtime';

const RETRY = { baseMs: 200, maxMs: 2000 };

export class ServerWatch {
  readonly #name: string;
  /** Rejects where the server does not answer. */
  readonly #ask: () => Promise<void>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #told = new ToldReasons();
  #away: string | undefined;
  #asking = false;
  #closed = false;
  #cancel: () => void = () => undefined;

  constructor(name: string, ask: () => Promise<void>, { clock, logger }: { clock: Clock; logger: Logger }) {
    this.#name = name;
    this.#ask = ask;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Why it counts as away; undefined where it does not. */
  get away(): string | undefined {
    return this.#away;
  }

  /** Something failed that may be the server's doing. */
  suspect(): void {
    if (this.#asking || this.#closed) return;
    this.#asking = true;
    void this.#askUntilBack(0);
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  async #askUntilBack(tries: number): Promise<void> {
    try {
      await this.#ask();
      this.#asking = false;
      if (this.#away !== undefined) this.#logger.info(`${this.#name} is back`);
      this.#away = undefined;
      this.#told.clear();
    } catch (error) {
      if (this.#closed) return;
      this.#away = reasonOf(error);
      if (this.#told.isNew(this.#away))
        this.#logger.warn(`${this.#name} is away: ${this.#away}; it is asked until it is back`);
      this.#cancel = this.#clock.timer(backoff(tries, RETRY), () => void this.#askUntilBack(tries + 1));
    }
  }
}
