/** How far each group of the embedded log got. A commit goes along with the next group of writes, since it is worth no fsync of its own. */
import type { Clock } from '@clatter/runtime';
import type { AddOp, Statement, Storage } from './storage.ts';

/** How long a commit waits for a group that something else asks for. */
const LINGER_MS = 200;

export const COMMIT_TABLE =
  'CREATE TABLE log_commits (reader_group TEXT NOT NULL, topic TEXT NOT NULL, next_offset INTEGER NOT NULL, PRIMARY KEY (reader_group, topic)) WITHOUT ROWID;';

interface Mark {
  readonly group: string;
  readonly topic: string;
  next: number;
}

export class EmbeddedCommits {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #upsert: Statement;
  readonly #marks = new Map<string, Mark>();
  /** Those that the next group writes. */
  readonly #dirty = new Set<Mark>();
  #written = Promise.withResolvers<void>();
  #cancelFlush: (() => void) | undefined;

  private constructor(storage: Storage, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
    this.#upsert = storage.statement(
      'INSERT INTO log_commits VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset',
    );
  }

  static async load(storage: Storage, clock: Clock): Promise<EmbeddedCommits> {
    const commits = new EmbeddedCommits(storage, clock);
    const all = storage.statement('SELECT reader_group, topic, next_offset FROM log_commits');
    for (const [group, topic, next] of await storage.read(all, []))
      commits.#mark(group as string, topic as string).next = next as number;
    return commits;
  }

  /** The next offset to read; undefined where the group never committed. */
  get(group: string, topic: string): number | undefined {
    return this.#marks.get(`${group}\n${topic}`)?.next;
  }

  /** The lowest committed offset of all groups of a topic; Infinity where there is none. */
  lowest(topic: string): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const mark of this.#marks.values()) if (mark.topic === topic) lowest = Math.min(lowest, mark.next);
    return lowest;
  }

  /** Resolves when it is on disk. The highest wins. */
  commit(group: string, topic: string, next: number): Promise<void> {
    const mark = this.#mark(group, topic);
    if (next > mark.next) {
      mark.next = next;
      this.#dirty.add(mark);
    }
    // A higher one that is not dirty may be in the group under way: the next group resolves after it.
    this.#cancelFlush ??= this.#clock.timer(LINGER_MS, () => this.flush());
    return this.#written.promise;
  }

  /** Asks for a group now. */
  flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#storage.write([]).catch(() => undefined);
  }

  /** Adds what is new to a group; the returned function is called when it is on disk. */
  contribute(add: AddOp): () => void {
    for (const { group, topic, next } of this.#dirty) add(this.#upsert, [group, topic, next]);
    this.#dirty.clear();
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const { resolve } = this.#written;
    this.#written = Promise.withResolvers<void>();
    return resolve;
  }

  #mark(group: string, topic: string): Mark {
    const key = `${group}\n${topic}`;
    let mark = this.#marks.get(key);
    if (!mark) {
      mark = { group, topic, next: -1 };
      this.#marks.set(key, mark);
    }
    return mark;
  }
}
