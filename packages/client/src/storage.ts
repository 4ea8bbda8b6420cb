/**
 * Where a client keeps what must outlive it. A small key-value store of texts; adapters: memory, the browser's localStorage, and a file
 * (`@clatter/client/node`).
 *
 * Promises: a resolved `set` or `delete` is kept over a restart of the program; `entries` gives all keys with a prefix, in order of key.
 */
export interface ClientStorage {
  /** Whether it ends with the program: what the server has too need not be put into it. */
  readonly isVolatile?: boolean;
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
  entries(prefix: string): Promise<readonly (readonly [string, string])[]>;
  /** Runs one such task at a time over all programs that share this storage, such as the tabs of a browser. Absent: nothing is shared. */
  exclusively?<T>(name: string, run: () => Promise<T>): Promise<T>;
}

/** What the SDK keeps: the session, the outbox, and what was read. Anything else in a storage is that of the program around it. */
export const isOwnKey = (key: string): boolean => /^(session$|cursor$|outbox\/|conversation\/)/.test(key);

const byKey = (a: readonly [string, string], b: readonly [string, string]): number => (a[0] < b[0] ? -1 : 1);

export class MemoryStorage implements ClientStorage {
  readonly isVolatile = true;
  readonly #values = new Map<string, string>();

  async get(key: string): Promise<string | undefined> {
    return this.#values.get(key);
  }

  async set(key: string, value: string): Promise<void> {
    this.#values.set(key, value);
  }

  async delete(key: string): Promise<void> {
    this.#values.delete(key);
  }

  async entries(prefix: string): Promise<readonly (readonly [string, string])[]> {
    return [...this.#values].filter(([key]) => key.startsWith(prefix)).sort(byKey);
  }
}

/** What is used of the browser's Storage. */
interface WebStorageLike {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Keys of what the server has too: it makes room for what only this device has. */
const CACHED = 'conversation/';

/** localStorage or sessionStorage of a page. When the browser's quota is used up, the cached conversations make room. */
export class WebStorage implements ClientStorage {
  readonly #storage: WebStorageLike;
  readonly #prefix: string;

  constructor(storage: WebStorageLike, prefix = 'clatter/') {
    this.#storage = storage;
    this.#prefix = prefix;
  }

  async get(key: string): Promise<string | undefined> {
    return this.#storage.getItem(this.#prefix + key) ?? undefined;
  }

  async set(key: string, value: string): Promise<void> {
    try {
      this.#storage.setItem(this.#prefix + key, value);
    } catch (error) {
      if ((error as Error).name !== 'QuotaExceededError') throw error;
      for (const [cached] of await this.entries(CACHED)) await this.delete(cached);
      if (!key.startsWith(CACHED)) this.#storage.setItem(this.#prefix + key, value);
    }
  }

  async delete(key: string): Promise<void> {
    this.#storage.removeItem(this.#prefix + key);
  }

  async entries(prefix: string): Promise<readonly (readonly [string, string])[]> {
    const found: [string, string][] = [];
    for (let index = 0; index < this.#storage.length; index++) {
      const key = this.#storage.key(index);
      if (key?.startsWith(this.#prefix + prefix))
        found.push([key.slice(this.#prefix.length), this.#storage.getItem(key) ?? '']);
    }
    return found.sort(byKey);
  }
  exclusively<T>(name: string, run: () => Promise<T>): Promise<T> {
    const { locks } = globalThis.navigator ?? {};
    // Web Locks are there in secure contexts alone, https and localhost.
    return locks ? locks.request(`${this.#prefix}${name}`, run) : run();
  }
}
