/** A reader for tests of a log: keeps what it was handed, and does with each batch what the test wants. */
import type { Assignment, Consumer, EventLog, LogRecord } from '../event-log.ts';

const WAIT_MS = 20_000;

export interface ReadOptions {
  readonly group?: string;
  readonly topics: readonly string[];
  readonly start?: 'beginning' | 'end' | { readonly sinceMs: number };
  readonly ephemeral?: boolean;
  readonly batchRecordsMax?: number;
  /** Commits each batch when `handle` resolved; true where absent. */
  readonly commits?: boolean;
  handle?(records: readonly LogRecord[], assignment: Assignment): Promise<void>;
  /** Called when a partition is given up in good order. */
  stopped?(assignment: Assignment): Promise<void>;
  assigned?(assignment: Assignment): Promise<void>;
}

export class ContractReader {
  readonly consumer: Consumer;
  readonly records: LogRecord[] = [];
  readonly batches: (readonly LogRecord[])[] = [];
  readonly assignments: Assignment[] = [];
  /** Partitions that were given up in good order. */
  readonly stopped: Assignment[] = [];
  readonly halts: { readonly topic: string; readonly partition: number; readonly error: unknown }[] = [];

  #committed = 0;

  constructor(log: EventLog, options: ReadOptions) {
    const { group = 'readers', topics, start = 'beginning', ephemeral = false, batchRecordsMax } = options;
    this.consumer = log.consume({
      group,
      topics,
      start,
      ephemeral,
      ...(batchRecordsMax !== undefined && { batchRecordsMax }),
      assign: async (assignment) => {
        this.assignments.push(assignment);
        await options.assigned?.(assignment);
        return {
          onBatch: async (records) => {
            this.batches.push(records);
            await options.handle?.(records, assignment);
            this.records.push(...records);
            if (!(options.commits ?? true)) return;
            await assignment.commit((records.at(-1) as LogRecord).offset + 1);
            this.#committed += records.length;
          },
          stop: async () => {
            await options.stopped?.(assignment);
            this.stopped.push(assignment);
          },
        };
      },
      onHalt: (topic, partition, error) => void this.halts.push({ topic, partition, error }),
    });
  }

  /** Values as text, in the order they were handled. */
  get texts(): string[] {
    return this.records.map((record) => text(record.value));
  }

  /** Records whose commit resolved. */
  get committed(): number {
    return this.#committed;
  }

  /** Waits until `count` records were handled. */
  async until(count: number): Promise<void> {
    await eventually(() => this.records.length >= count, `${count} records, got ${this.records.length}`);
  }
}

/** A record in a form that tests compare. */
export const plain = ({ value, ...rest }: LogRecord): object => ({ ...rest, text: text(value) });

export const text = (value: Uint8Array): string => Buffer.from(value).toString();

/** Waits until `condition` holds. */
export async function eventually(condition: () => boolean, what: string, waitMs = WAIT_MS): Promise<void> {
  for (const end = Date.now() + waitMs; !condition(); await pause(5))
    if (Date.now() > end) throw new Error(`waited ${waitMs} ms for ${what}`);
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
