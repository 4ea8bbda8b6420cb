/** Something that screens observe: it tells them when to read it again. */
import type { ClatterClient } from '@clatter/client';

export class Observed {
  readonly #listeners = new Set<() => void>();

  /** Returns what ends it. An arrow: React calls it alone. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  protected changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** One of each per client, made when it is first asked for; it goes with the client. */
export function perClient<T>(make: (client: ClatterClient) => T): (client: ClatterClient) => T {
  const made = new WeakMap<ClatterClient, T>();
  return (client) => {
    let one = made.get(client);
    if (!one) {
      one = make(client);
      made.set(client, one);
    }
    return one;
  };
}
