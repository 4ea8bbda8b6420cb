/** A worker thread with one SQLite connection, that answers requests one after the other. */
import { Worker } from 'node:worker_threads';
import type { StorageAnswer, StorageRequest, StorageWorkerData } from './storage-protocol.ts';

type Question = StorageRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never;

interface Waiting {
  resolve(answer: StorageAnswer): void;
  reject(error: Error): void;
}

export class StorageThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  /** Set when the thread is gone: nothing is answered any more. */
  #ended: Error | undefined;

  constructor(data: StorageWorkerData) {
    this.#worker = new Worker(new URL('./storage-worker.js', import.meta.url), { workerData: data });
    this.#worker.on('message', (answer: StorageAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(answer.error));
    });
    this.#worker.on('error', (error) => this.#end(error as Error));
    this.#worker.on('exit', () => this.#end(new Error('the storage thread has ended')));
  }

  /** Says something that is not answered. */
  tell(request: StorageRequest): void {
    this.#worker.postMessage(request);
  }

  /** Rejects with what SQLite says. */
  ask(question: Question, transfer: ArrayBuffer[] = []): Promise<StorageAnswer> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...question, id }, transfer);
    });
  }

  async close(): Promise<void> {
    await this.ask({ kind: 'close' }).catch(() => undefined);
    await this.#worker.terminate();
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}
