/**
 * How far the partitions of the command log were applied. An owner of many partitions has a new mark with each small batch of each of them:
 * one write is under way at a time, and takes along whatever came meanwhile.
 */
import type { PartitionMark } from '../ports.ts';
import type { Mutation, Statement } from './cassandra-mutations.ts';
import { WRITES } from './cassandra-statements.ts';
import { long } from './cassandra-values.ts';

/** Partitions whose marks are one partition of the store. More would have more owners write to the same replicas. */
const GROUP_PARTITIONS = 32;
const EPOCH_OFFSETS = 2 ** 48;

export const markGroupOf = (partition: number): number => Math.floor(partition / GROUP_PARTITIONS);

/** The mark only rises, by epoch and then by offset. */
const statement = ({ partition, logId, epoch, nextOffset }: PartitionMark): Statement => ({
  query: WRITES.mark,
  params: [markGroupOf(partition), partition, logId, epoch, long(nextOffset), long(epoch * EPOCH_OFFSETS + nextOffset)],
});

export class MarkWriter {
  readonly #write: (mutations: readonly Mutation[]) => Promise<void>;
  #waiting: PartitionMark[] = [];
  #next: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(write: (mutations: readonly Mutation[]) => Promise<void>) {
    this.#write = write;
  }

  /** Resolves when it stands at quorum. Rejects when that is unknown, or it does not. */
  write(mark: PartitionMark): Promise<void> {
    this.#waiting.push(mark);
    this.#next ??= this.#after(this.#running);
    return this.#next;
  }

  async #after(running: Promise<void>): Promise<void> {
    await running.catch(() => undefined);
    const marks = this.#waiting;
    this.#waiting = [];
    this.#running = this.#next as Promise<void>;
    this.#next = undefined;
    const groups = new Map<number, Statement[]>();
    for (const mark of marks) {
      const group = markGroupOf(mark.partition);
      const statements = groups.get(group);
      if (statements) statements.push(statement(mark));
      else groups.set(group, [statement(mark)]);
    }
    await this.#write([...groups.values()]);
  }
}
