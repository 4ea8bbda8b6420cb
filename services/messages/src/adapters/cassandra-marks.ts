/**
 * How far the partitions of the command log were applied. An owner of many partitions has a new mark with each small batch of each of them:
 * one write of a group is under way at a time, and takes along whatever came meanwhile.
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

/** The marks of one group. */
interface Group {
  waiting: PartitionMark[];
  next: Promise<void> | undefined;
  running: Promise<void>;
}

export class MarkWriter {
  readonly #write: (mutation: Mutation) => Promise<void>;
  /** Each by itself: of a group whose replicas are away, the others' partitions know nothing. */
  readonly #groups = new Map<number, Group>();

  constructor(write: (mutation: Mutation) => Promise<void>) {
    this.#write = write;
  }

  /** Resolves when it stands at quorum. Rejects when that is unknown, or it does not. */
  write(mark: PartitionMark): Promise<void> {
    const number = markGroupOf(mark.partition);
    const group = this.#groups.get(number) ?? { waiting: [], next: undefined, running: Promise.resolve() };
    this.#groups.set(number, group);
    group.waiting.push(mark);
    group.next ??= this.#after(group);
    return group.next;
  }

  async #after(group: Group): Promise<void> {
    await group.running.catch(() => undefined);
    const marks = group.waiting;
    group.waiting = [];
    group.running = group.next as Promise<void>;
    group.next = undefined;
    await this.#write(marks.map(statement));
  }
}
