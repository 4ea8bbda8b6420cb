/** For programs on Node: a ClientStorage in one file. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import type { ClientStorage } from './storage.ts';

/** Lines of overwritten values that may pile up before the file is written anew. */
const GARBAGE_LINES_MAX = 10_000;

/** A journal of JSON lines `[key, value or null]`; what counts is the last line of each key. Small: all values are in memory too. */
export class FileStorage implements ClientStorage {
  readonly #file: string;
  readonly #values = new Map<string, string>();
  #handle: number;
  #lines = 0;

  constructor(file: string) {
    this.#file = file;
    if (existsSync(file))
      for (const line of readFileSync(file, 'utf8').split('\n')) {
        try {
          const [key, value] = JSON.parse(line) as [string, string | null];
          if (value === null) this.#values.delete(key);
          else this.#values.set(key, value);
        } catch {
          // The last line of a program that was killed while it wrote: it was not promised yet.
        }
      }
    this.#handle = this.#compact();
  }

  async get(key: string): Promise<string | undefined> {
    return this.#values.get(key);
  }

  async set(key: string, value: string): Promise<void> {
    this.#values.set(key, value);
    this.#append(key, value);
  }

  async delete(key: string): Promise<void> {
    if (this.#values.delete(key)) this.#append(key, null);
  }

  async entries(prefix: string): Promise<readonly (readonly [string, string])[]> {
    return [...this.#values].filter(([key]) => key.startsWith(prefix)).sort((a, b) => (a[0] < b[0] ? -1 : 1));
  }

  close(): void {
    closeSync(this.#handle);
  }

  #append(key: string, value: string | null): void {
    writeSync(this.#handle, `${JSON.stringify([key, value])}\n`);
    if (++this.#lines > this.#values.size + GARBAGE_LINES_MAX) {
      closeSync(this.#handle);
      this.#handle = this.#compact();
    }
  }

  /** Writes the file anew beside the old one, then takes its place. */
  #compact(): number {
    const fresh = `${this.#file}.new`;
    writeFileSync(fresh, [...this.#values].map((entry) => `${JSON.stringify(entry)}\n`).join(''), { mode: 0o600 });
    const handle = openSync(fresh, 'a');
    fsyncSync(handle);
    renameSync(fresh, this.#file);
    this.#lines = this.#values.size;
    return handle;
  }
}
