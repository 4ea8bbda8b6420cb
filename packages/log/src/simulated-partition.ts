/** One partition of the simulated log: records in memory, offsets that only grow, a time of its own, which goes back when another broker leads. */
import type { LogRecord, NewRecord } from './event-log.ts';

export class SimulatedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly records: LogRecord[] = [];
  /** One past the last record. */
  endOffset = 0;
  /** How far this partition's broker is ahead of true time. */
  skewMs = 0;
  #waiting: (() => void)[] = [];

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** @param gap offsets that are left out before the record, as a broker does for records of its own */
  append({ key, value, headers = {} }: NewRecord, nowMs: number, gap: number): LogRecord {
    const offset = this.endOffset + gap;
    const record = {
      topic: this.topic,
      partition: this.partition,
      offset,
      timestampMs: Math.floor(nowMs + this.skewMs),
      key,
      value,
      headers,
    };
    this.records.push(record);
    this.endOffset = offset + 1;
    for (const wake of this.#waiting.splice(0)) wake();
    return record;
  }

  /** Records from `offset` on, at most `max`. */
  read(offset: number, max: number): readonly LogRecord[] {
    let low = 0;
    let high = this.records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.records[middle] as LogRecord).offset < offset) low = middle + 1;
      else high = middle;
    }
    return this.records.slice(low, low + max);
  }

  offsetSince(sinceMs: number): number {
    return this.records.find((record) => record.timestampMs >= sinceMs)?.offset ?? this.endOffset;
  }

  /** What no log may do: the newest records are gone, and their offsets are given again. */
  truncate(count: number): void {
    this.records.splice(-count);
    this.endOffset = (this.records.at(-1)?.offset ?? -1) + 1;
  }

  /** Calls `wake` once, upon the next append. */
  onNext(wake: () => void): void {
    this.#waiting.push(wake);
  }
}
