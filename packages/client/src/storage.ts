/**
 * Where a client keeps what must outlive it. A small key-value store of texts; adapters: memory, the browser's localStorage, and a file
 * (`@clatter/client/node`).
 *
 * Promises: a resolved `set` or `delete` is kept over a restart of the program; `entries` gives all keys with a prefix, in order of key.
 */
export interface ClientStorage {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
  entries(prefix: string): Promise<readonly (readonly [string, string])[]>;
}

const byKey = (a: readonly [string, string], b: readonly [string, string]): number => (a[0] < b[0] ? -1 : 1);

export class MemoryStorage implements ClientStorage {
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

/** localStorage or sessionStorage of a page. When the browser's quota is used up, the oldest cached conversations make room. */
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
      // What the server has can be fetched again; what only this device has cannot.
      for (const [cached] of await this.entries('conversation/')) await this.delete(cached);
      if (!key.startsWith('conversation/')) this.#storage.setItem(this.#prefix + key, value);
      else if ((error as Error).name !== 'QuotaExceededError') throw error;
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
}
