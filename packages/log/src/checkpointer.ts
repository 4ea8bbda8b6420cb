/**
 * Copies the write-ahead log back into the database from a thread of its own, so that no commit waits for it. Under constant load the log
 * never ends while it is copied: past a bound the writer starts it anew itself, right after a copy, when little is left to do.
 */
import type { Logger } from '@clatter/runtime';

/** Bytes written since the last copy. */
const COPY_AFTER_BYTES = 32 << 20;
/** Size of the log past which it is started anew. */
const LOG_BYTES_MAX = 128 << 20;
const PAGE_BYTES = 4096;

export class Checkpointer {
  readonly #copy: () => Promise<number>;
  readonly #startAnew: () => Promise<unknown>;
  readonly #logger: Logger;
  #bytes = 0;
  #busy = false;

  /** @param copy copies what it can; resolves with the pages in the log @param startAnew waits for readers and writers, and begins the log anew */
  constructor(copy: () => Promise<number>, startAnew: () => Promise<unknown>, logger: Logger) {
    this.#copy = copy;
    this.#startAnew = startAnew;
    this.#logger = logger;
  }

  wrote(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < COPY_AFTER_BYTES || this.#busy) return;
    this.#bytes = 0;
    this.#busy = true;
    this.#run()
      .catch((error) => this.#logger.warn({ err: error }, 'the write-ahead log was not copied back; it is tried again'))
      .finally(() => {
        this.#busy = false;
      });
  }

  async #run(): Promise<void> {
    const pages = await this.#copy();
    if (pages * PAGE_BYTES > LOG_BYTES_MAX) await this.#startAnew();
  }
}
