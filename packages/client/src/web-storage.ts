/** localStorage or sessionStorage of a page as a ClientStorage, shared by all tabs of its origin. */
import type { ClientStorage } from './storage.ts';

/** What is used of the browser's Storage. */
interface WebStorageLike {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** What is used of a StorageEvent; the key is null where all were removed. */
interface StorageChange {
  readonly key: string | null;
  readonly storageArea: unknown;
}

/** What is used of the page around it. */
export interface WebPage {
  /** Web Locks (https://www.w3.org/TR/web-locks): there in secure contexts alone, https and localhost. */
  readonly navigator?: { readonly locks?: { request<T>(name: string, run: () => Promise<T>): Promise<T> } };
  addEventListener?(type: 'storage', listener: (event: StorageChange) => void): void;
  removeEventListener?(type: 'storage', listener: (event: StorageChange) => void): void;
}

/** Keys of what the server has too: it makes room for what only this device has. */
const CACHED = 'conversation/';

/** When the browser's quota is used up, the cached conversations make room. */
export class WebStorage implements ClientStorage {
  readonly #storage: WebStorageLike;
  readonly #prefix: string;
  readonly #page: WebPage;
  /** Absent where the page has no Web Locks. */
  readonly exclusively?: <T>(name: string, run: () => Promise<T>) => Promise<T>;

  constructor(storage: WebStorageLike, prefix = 'clatter/', page: WebPage = globalThis as unknown as WebPage) {
    this.#storage = storage;
    this.#prefix = prefix;
    this.#page = page;
    const locks = page.navigator?.locks;
    if (locks) this.exclusively = (name, run) => locks.request(prefix + name, run);
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
    return found.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  }

  /** By StorageEvents, which a page gets of what other pages did. */
  onChange(listener: (key: string | undefined) => void): () => void {
    const hear = ({ key, storageArea }: StorageChange): void => {
      if (storageArea !== this.#storage) return;
      if (key === null) listener(undefined);
      else if (key.startsWith(this.#prefix)) listener(key.slice(this.#prefix.length));
    };
    this.#page.addEventListener?.('storage', hear);
    return () => this.#page.removeEventListener?.('storage', hear);
  }
}
