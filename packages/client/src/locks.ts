/** Named locks over all programs that share a storage. Each is held until it is released or its program ends. */
import type { ClientStorage } from './storage.ts';

interface Asked {
  readonly held: Promise<boolean>;
  readonly release: () => void;
}

export class Locks {
  readonly #storage: ClientStorage;
  readonly #asked = new Map<string, Asked>();

  constructor(storage: ClientStorage) {
    this.#storage = storage;
  }

  /** Whether a lock that is held is held by nobody else. */
  get guard(): boolean {
    return this.#storage.exclusively !== undefined || this.#storage.onChange === undefined;
  }

  /**
   * Asks for a lock; asking again, before it was released, is asking once. Resolves with true once it is held, which may be never, and with
   * false where it was released before. Where nothing guards a storage that is shared, whoever asks holds it.
   */
  hold(name: string): Promise<boolean> {
    const asked = this.#asked.get(name) ?? this.#ask(name);
    this.#asked.set(name, asked);
    return asked.held;
  }

  release(name: string): void {
    this.#asked.get(name)?.release();
    this.#asked.delete(name);
  }

  #ask(name: string): Asked {
    let release: () => void = () => undefined;
    let isWanted = true;
    const released = new Promise<void>((resolve) => {
      release = () => {
        isWanted = false;
        resolve();
      };
    });
    const held = new Promise<boolean>((resolve) => {
      if (!this.#storage.exclusively) return resolve(true);
      const run = (): Promise<void> => {
        resolve(isWanted);
        return released;
      };
      this.#storage.exclusively(name, run).catch(() => resolve(false));
    });
    return { held, release };
  }
}
