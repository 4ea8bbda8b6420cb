/**
 * The outbox in the storage. Several programs may share it, such as the tabs of a browser: each writes under a name of its own and holds the
 * lock of it, and waits for the lock of every other that left something. It gets that lock when the other has ended: what was left is for it
 * to send. At its opening a program takes all that waits, that of others that go on too: what it sends later comes behind it, as after the
 * reload of a page whose commands another tab has taken.
 *
 * Two programs that send the same command do no harm: each sends what a program left in its order, from the first command on that it
 * does not know the answer of, and the server takes an id once. So nothing is lost, doubled or reordered where no lock guards the storage, or
 * where a program sees late what others wrote.
 */
import { ClientFrame, type Input } from '@clatter/wire';
import type { Locks } from './locks.ts';
import { type ClientStorage, keysOf } from './storage.ts';

/** A command that another program left. */
export interface Left {
  readonly key: string;
  readonly frame: Input<ClientFrame>;
}

export interface OutboxStoreParts {
  readonly storage: ClientStorage;
  readonly locks: Locks;
  readonly newId: () => string;
  readonly userId: () => string;
  /** In the order in which they were written; some may be known already. */
  readonly onLeft: (left: readonly Left[]) => void;
  readonly onError: (error: Error) => void;
}

export class OutboxStore {
  readonly #parts: OutboxStoreParts;
  /** What this program is called; another after each opening. */
  #program = '';
  #prefix = '';
  /** Higher than those of all commands that were seen here: what is new comes behind them, for whoever sends it. */
  #nextNumber = 0;
  /** Programs whose lock is asked for, and whether it is held. */
  readonly #asked = new Map<string, boolean>();
  #isOpen = false;

  constructor(parts: OutboxStoreParts) {
    this.#parts = parts;
  }

  /** Resolves when commands may be kept, and what waits was told of. */
  async open(): Promise<void> {
    const { locks, newId, userId } = this.#parts;
    this.#isOpen = true;
    this.#prefix = keysOf(userId()).outbox;
    this.#program = newId();
    await locks.hold(this.#lockOf(this.#program));
    const left = await this.#read();
    this.#parts.onLeft(left);
    this.#watchAll(left);
  }

  /** What this program has is for others to send, now or when it ends. */
  close(): void {
    const { locks } = this.#parts;
    this.#isOpen = false;
    for (const program of [this.#program, ...this.#asked.keys()]) locks.release(this.#lockOf(program));
    this.#asked.clear();
  }

  /** Where a command is to be kept. */
  keyFor(id: string): string {
    return `${this.#prefix}${this.#program}/${String(this.#nextNumber++).padStart(12, '0')}-${id}`;
  }

  keep(key: string, frame: Input<ClientFrame>): Promise<void> {
    return this.#parts.storage.set(key, ClientFrame.toJson(frame));
  }

  drop(key: string): Promise<void> {
    return this.#parts.storage.delete(key);
  }

  /** Takes what others left that are gone, and waits for the end of those that go on. */
  async look(): Promise<void> {
    this.#watchAll(await this.#read());
  }

  /** Another program changed a key, of the outbox or else. */
  onChange(key: string): void {
    if (!key.startsWith(this.#prefix)) return;
    this.#seen(key);
    this.#watch(this.#programOf(key));
  }

  #lockOf(program: string): string {
    return `${this.#prefix}${program}`;
  }

  #programOf(key: string): string {
    return key.slice(this.#prefix.length, key.lastIndexOf('/'));
  }

  #watchAll(left: readonly Left[]): void {
    const programs = new Set(left.map(({ key }) => this.#programOf(key)));
    // Whoever goes on is waited for, once.
    for (const [program, isHeld] of this.#asked) if (isHeld && !programs.has(program)) this.#leave(program);
    for (const program of programs) this.#watch(program);
  }

  #watch(program: string): void {
    if (!this.#isOpen || program === this.#program) return;
    const isHeld = this.#asked.get(program);
    if (isHeld === undefined) this.#ask(program).catch(this.#parts.onError);
    else if (isHeld) this.#take(program).catch(this.#parts.onError);
  }

  async #ask(program: string): Promise<void> {
    this.#asked.set(program, false);
    if (!(await this.#parts.locks.hold(this.#lockOf(program))) || !this.#asked.has(program)) return;
    this.#asked.set(program, true);
    await this.#take(program);
  }

  /** What it wrote comes behind what was there before, which whoever is to send it may not have sent yet: all that is taken too. */
  async #take(program: string): Promise<void> {
    const left = await this.#read();
    if (!this.#isOpen) return;
    const last = left.findLastIndex(({ key }) => this.#programOf(key) === program);
    if (last < 0) this.#leave(program);
    else this.#parts.onLeft(left.slice(0, last + 1));
  }

  /** Nothing is left of it. */
  #leave(program: string): void {
    this.#asked.delete(program);
    this.#parts.locks.release(this.#lockOf(program));
  }

  #seen(key: string): void {
    this.#nextNumber = Math.max(this.#nextNumber, numberOf(key) + 1);
  }

  /** What others left, in the order in which it was written. */
  async #read(): Promise<Left[]> {
    const left: Left[] = [];
    for (const [key, json] of await this.#parts.storage.entries(this.#prefix)) {
      try {
        if (this.#programOf(key) === this.#program) continue;
        left.push({ key, frame: ClientFrame.fromJson(JSON.parse(json), 'outbox') });
        this.#seen(key);
      } catch (error) {
        // It stays: another version of this program may know it.
        this.#parts.onError(new Error(`${key} holds no command`, { cause: error }));
      }
    }
    return left.sort((a, b) => numberOf(a.key) - numberOf(b.key));
  }
}

const numberOf = (key: string): number => Number.parseInt(key.slice(key.lastIndexOf('/') + 1), 10);
