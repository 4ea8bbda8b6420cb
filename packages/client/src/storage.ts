/**
 * Where a client keeps what must outlive it. A small key-value store of texts; adapters: memory, the browser's localStorage
 * (`web-storage.ts`), and a file (`@clatter/client/node`).
 *
 * Promises: a resolved `set` or `delete` is kept over a restart of the program; `entries` gives all keys with a prefix, in order of key.
 *
 * What is in it:
 *
 * | key | value |
 * |---|---|
 * | `session` | who is logged in, with the tokens |
 * | `outbox/<user>/<program>/<number>-<id>` | a command that waits for its answer: written by its program, deleted by whoever sees its answer |
 * | `conversation/<user>/<conversation>` | what was read of a conversation; the server has it too |
 * | `cursor/<user>` | up to where these conversations are complete |
 *
 * A program is one run of a client: a tab of a browser is another one after each reload.
 */
export interface ClientStorage {
  /** Whether it ends with the program: what the server has too need not be put into it. */
  readonly isVolatile?: boolean;
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
  entries(prefix: string): Promise<readonly (readonly [string, string])[]>;
  /**
   * Runs one such task at a time over all programs that share this storage, such as the tabs of a browser; a program that ends ends its
   * tasks. Absent: nothing is shared, or, where `onChange` is there, nothing guards what is.
   */
  exclusively?<T>(name: string, run: () => Promise<T>): Promise<T>;
  /**
   * Tells of keys that other programs changed, some time later; of undefined where it may be all of them. Returns what ends it. Absent: no
   * other program uses this storage.
   */
  onChange?(listener: (key: string | undefined) => void): () => void;
}

export const SESSION_KEY = 'session';

/** What the SDK keeps of a person. */
export const keysOf = (userId: string) =>
  ({
    cursor: `cursor/${userId}`,
    conversations: `conversation/${userId}/`,
    outbox: `outbox/${userId}/`,
  }) as const;

/** Whether a key is the SDK's. Anything else in a storage is that of the program around it. */
export const isOwnKey = (key: string): boolean => /^(session$|cursor(\/|$)|outbox\/|conversation\/)/.test(key);

/** Whether a key is what the SDK keeps of somebody else than this person. */
export function isOfAnother(userId: string, key: string): boolean {
  const { cursor, conversations, outbox } = keysOf(userId);
  const isTheirs = key === cursor || key.startsWith(conversations) || key.startsWith(outbox);
  return isOwnKey(key) && key !== SESSION_KEY && !isTheirs;
}

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
    return [...this.#values].filter(([key]) => key.startsWith(prefix)).sort((a, b) => (a[0] < b[0] ? -1 : 1));
  }
}
