/**
 * Commands of one connection that wait behind one for which something has to be read first. Each conversation keeps the order in which its
 * commands were sent; the others go on.
 */
type Task = () => void | Promise<void>;

/** Commands of one connection that may wait. */
const HELD_MAX = 1000;

export class HeldCommands {
  /** Of each conversation in which something is read: what waits behind it. */
  readonly #waiting = new Map<string, Task[]>();
  #count = 0;

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Runs a task that does not throw, behind those of its conversation. False where too many wait. */
  add(conversationId: string, task: Task): boolean {
    const waiting = this.#waiting.get(conversationId);
    if (waiting) {
      if (this.#count >= HELD_MAX) return false;
      waiting.push(task);
      this.#count++;
      return true;
    }
    const pending = task();
    if (pending) {
      this.#waiting.set(conversationId, []);
      void this.#goOn(conversationId, pending);
    }
    return true;
  }

  async #goOn(conversationId: string, first: Promise<void>): Promise<void> {
    const waiting = this.#waiting.get(conversationId) as Task[];
    await first;
    for (let task = waiting.shift(); task; task = waiting.shift()) {
      this.#count--;
      const pending = task();
      if (pending) await pending;
    }
    this.#waiting.delete(conversationId);
  }
}
