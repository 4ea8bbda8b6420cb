/**
 * One read of the store for all who ask the same at the same time: a group whose members reconnect, or open it when its push comes, asks for
 * one page a thousand times.
 *
 * Nobody gets an answer from before they asked: who comes while a read is under way shares the next one, not that. So an answer holds whatever
 * stood when it was asked for, as without this, and a deletion that was acknowledged is in it.
 */
import type { Counter } from '@clatter/runtime';
import type { MessageStore } from './ports.ts';

/** Different reads that are under way; past it each is made by itself. */
const READS_MAX = 10_000;

interface Reading {
  /** Begins when the one that is under way is over; for all who came meanwhile. */
  next: Promise<unknown> | undefined;
  readonly current: Promise<unknown>;
}

export class CoalescedReads {
  readonly #shared: Counter;
  readonly #readings = new Map<string, Reading>();

  /** @param shared counts reads that were answered by another one's */
  constructor(shared: Counter) {
    this.#shared = shared;
  }

  run<T>(key: string, read: () => Promise<T>): Promise<T> {
    const reading = this.#readings.get(key) as Reading | undefined;
    if (!reading) return this.#readings.size < READS_MAX ? this.#begin(key, read) : read();
    if (reading.next) this.#shared.add(1);
    else {
      const begin = (): Promise<T> => this.#begin(key, read);
      reading.next = reading.current.then(begin, begin);
    }
    return reading.next as Promise<T>;
  }

  #begin<T>(key: string, read: () => Promise<T>): Promise<T> {
    const current = read();
    const reading: Reading = { current, next: undefined };
    this.#readings.set(key, reading);
    const over = (): void => {
      // The next one puts itself here.
      if (!reading.next) this.#readings.delete(key);
    };
    current.then(over, over);
    return current;
  }
}

/** A store whose reads of a conversation as a whole are shared by those who ask at the same time. What it answers is not to be changed. */
export function coalesced(store: MessageStore, shared: Counter): MessageStore {
  const reads = new CoalescedReads(shared);
  const one = async <T>(
    name: string,
    id: string,
    read: (ids: readonly string[]) => Promise<readonly T[]>,
  ): Promise<T> => (await reads.run(`${name} ${id}`, () => read([id])))[0] as T;
  return {
    ...store,
    readRow: (id, seq) => reads.run(`row ${id} ${seq}`, () => store.readRow(id, seq)),
    readRows: (id, from, to, limit, fromEnd) =>
      reads.run(`rows ${id} ${from} ${to} ${limit} ${fromEnd}`, () => store.readRows(id, from, to, limit, fromEnd)),
    readHeads: (ids) => Promise.all(ids.map((id) => one('head', id, (of) => store.readHeads(of)))),
    readConversations: (ids) =>
      Promise.all(ids.map((id) => one('conversation', id, (of) => store.readConversations(of)))),
    readConversationReceipts: (id) => reads.run(`receipts ${id}`, () => store.readConversationReceipts(id)),
  };
}
