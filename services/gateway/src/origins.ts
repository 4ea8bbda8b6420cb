/** Which pages of other origins may use this host: those on the list. Programs send no Origin. */
import type { IncomingHttpHeaders } from 'node:http';

export class Origins {
  readonly #listed: ReadonlySet<string>;

  /** @param list origins with commas between; `*` is all */
  constructor(list: string) {
    this.#listed = new Set(
      list
        .split(',')
        .map((origin) => origin.trim().replace(/\/$/, '').toLowerCase())
        .filter((origin) => origin !== ''),
    );
  }

  /** Whether a request comes from a program, a page of this host, or one on the list. */
  allows({ origin, host }: IncomingHttpHeaders): boolean {
    if (origin === undefined || this.isListed(origin)) return true;
    try {
      return new URL(origin).host === host?.toLowerCase();
    } catch {
      return false;
    }
  }

  isListed(origin: string): boolean {
    return this.#listed.has('*') || this.#listed.has(origin.toLowerCase());
  }
}
