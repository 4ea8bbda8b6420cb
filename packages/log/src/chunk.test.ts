import { describe, expect, it } from 'vitest';
import { decodeChunk, encodeChunk } from './chunk.ts';
import type { LogRecord } from './event-log.ts';

const record = (offset: number, rest: Partial<LogRecord> = {}): LogRecord => ({
  topic: 't',
  partition: 0,
  offset,
  timestampMs: 1_800_000_000_000,
  key: '01a20dbc-82c9-703e-a113-a39fd8827d3e',
  value: new Uint8Array([1, 2, 3]),
  headers: { schema: 'messages.v1.Command', rules: '1' },
  ...rest,
});

const again = (records: readonly LogRecord[]): LogRecord[] =>
  decodeChunk(encodeChunk(records), 't', 0, records[0]?.offset ?? 0).map((item) => ({
    ...item,
    value: new Uint8Array(item.value),
  }));

describe('a chunk', () => {
  it('gives back its records', () => {
    const records = [
      record(7),
      record(8, { timestampMs: 1_800_000_000_127 }),
      record(9, { timestampMs: 1_800_004_000_000, value: new Uint8Array(0), headers: {} }),
      record(10, { timestampMs: 1_800_004_000_000, value: new Uint8Array(70_000).fill(9), key: '' }),
      record(11, { timestampMs: 1_804_000_000_000, headers: { ключ: '値 👩‍👩‍👧', same: 'same', empty: '' } }),
    ];
    expect(again(records)).toEqual(records);
  });

  it('writes what repeats once', () => {
    const one = encodeChunk([record(0)]).length;
    const many = encodeChunk(Array.from({ length: 101 }, (_, i) => record(i))).length;
    expect(many - one).toBeLessThanOrEqual(100 * 12);
  });

  it('may be a view of a larger buffer', () => {
    const bytes = encodeChunk([record(0), record(1)]);
    const larger = new Uint8Array(bytes.length + 20);
    larger.set(bytes, 10);
    expect(decodeChunk(larger.subarray(10, 10 + bytes.length), 't', 0, 0)).toHaveLength(2);
  });
});
