/** What the suite of the EventLog port works on: a log that an adapter's test opens, and short ways to use it. */
import { afterEach, beforeEach } from 'vitest';
import type { Appended, EventLog, LogRecord } from '../event-log.ts';
import type { Topic } from '../topics.ts';
import { ContractReader, type ReadOptions } from './reader.ts';

/** A log with the topics that were asked for, empty at first, and what can befall it. */
export interface LogUnderTest {
  /** As the process that runs now has it. */
  readonly log: EventLog;
  /** The process ends in good order, and another one starts. */
  restart(): Promise<void>;
  /** The process dies with all that it had in memory, and another one starts. */
  crash(): Promise<void>;
  /** Appends are refused from now on, until the returned function is called. */
  refuse(): Promise<() => Promise<void>>;
  /** The log as a second process has it; absent where there can be only one. */
  another?(): Promise<EventLog>;
  end(): Promise<void>;
}

/** Opens a log of its own for each test. */
export type OpenLog = (topics: readonly Topic[]) => Promise<LogUnderTest>;

const topic = (name: string, partitions: number): Topic => ({
  name,
  partitions,
  retentionMs: 3_600_000,
  acks: 'all',
  purpose: 'tests',
});

export const ONE = 'contract.one';
export const TWO = 'contract.two';
const TOPICS = [topic(ONE, 4), topic(TWO, 1)];

/** Keys of which every partition gets some. */
export const KEYS = Array.from({ length: 24 }, (_, i) => `00000000-0000-4000-8000-0000000000${i + 10}`);
export const KEY = KEYS[0] as string;

export class Subject {
  #of: LogUnderTest | undefined;

  constructor(open: OpenLog) {
    beforeEach(async () => {
      this.#of = await open(TOPICS);
    });
    afterEach(() => this.#of?.end());
  }

  get under(): LogUnderTest {
    return this.#of as LogUnderTest;
  }

  get log(): EventLog {
    return this.under.log;
  }

  /** A reader of topic ONE from the beginning, unless told otherwise. */
  read(options: Partial<ReadOptions> = {}): ContractReader {
    return new ContractReader(this.log, { topics: [ONE], ...options });
  }

  send(value: string, { key = KEY, to = ONE } = {}): Promise<Appended> {
    return this.log.producer().send(to, { key, value: Buffer.from(value) });
  }

  /** Sends prefix0, prefix1, … with one key in one turn, and waits for all. */
  sendMany(prefix: string, count: number, to = ONE): Promise<Appended[]> {
    const producer = this.log.producer();
    return Promise.all(
      numbered(prefix, count).map((value) => producer.send(to, { key: KEY, value: Buffer.from(value) })),
    );
  }

  /** All that is in topic ONE, by a reader of its own. */
  async everything(): Promise<readonly LogRecord[]> {
    const reader = this.read({ ephemeral: true });
    await reader.consumer.ready();
    await reader.consumer.close();
    return reader.records;
  }
}

export const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);
