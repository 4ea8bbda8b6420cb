import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { NewRecord } from './event-log.ts';
import { crc32c, decodeRecordBatches, encodeRecordBatch, recordBytes } from './kafka-records.ts';

const STAMP = { id: 7_000_000_000, epoch: 3, sequence: 41 };
const NOW_MS = 1_795_000_000_123;

const record = (text: string, headers: Record<string, string> = {}): NewRecord => ({
  key: 'k',
  value: Buffer.from(text),
  headers,
});

/** As a broker writes it: the base offset, its own time, and the checksum anew. */
function stored(batch: Buffer, baseOffset: number, appendMs?: number): Buffer {
  const bytes = Buffer.from(batch);
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  if (appendMs !== undefined) {
    bytes.writeInt16BE(bytes.readInt16BE(21) | 8, 21);
    bytes.writeBigInt64BE(BigInt(appendMs), 35);
  }
  bytes.writeUInt32BE(crc32c(bytes, 21, bytes.length), 17);
  return bytes;
}

const texts = (bytes: Buffer, from = 0): string[] =>
  decodeRecordBatches(bytes, 't', 0, from).records.map(({ value, offset }) => `${offset} ${value}`);

describe('record batches', () => {
  it('have the checksum of RFC 3720', () => {
    // Appendix B.4, and the check value of the catalogue of CRCs.
    expect(crc32c(Buffer.alloc(32), 0, 32)).toBe(0x8a9136aa);
    expect(crc32c(Buffer.alloc(32, 255), 0, 32)).toBe(0x62a8ab43);
    expect(crc32c(Buffer.from('x123456789'), 1, 10)).toBe(0xe3069283);
  });

  it('come back as they were written, of any size', () => {
    const records = [
      record(''),
      record('Grüße 👋', { traceparent: '00-é', empty: '' }),
      ...[63, 64, 8191, 8192, 1_100_000].map((size) => record('x'.repeat(size))),
    ];
    const bytes = encodeRecordBatch(records, NOW_MS, STAMP);
    expect(bytes.length).toBeLessThan(61 + records.reduce((sum, one) => sum + recordBytes(one), 0));
    const { records: read, nextOffset } = decodeRecordBatches(stored(bytes, 2 ** 41), 't', 5, 0);
    expect(nextOffset).toBe(2 ** 41 + records.length);
    for (const [i, one] of read.entries()) {
      expect(one).toMatchObject({ topic: 't', partition: 5, offset: 2 ** 41 + i, timestampMs: NOW_MS, key: 'k' });
      expect(one.headers).toEqual(records[i]?.headers);
      expect(Buffer.compare(one.value, records[i]?.value as Buffer)).toBe(0);
    }
  });

  it('tell the time of the log where the log has one', () => {
    const bytes = stored(encodeRecordBatch([record('a'), record('b')], NOW_MS, STAMP), 0, NOW_MS + 999);
    const { records } = decodeRecordBatches(bytes, 't', 0, 0);
    expect(records.map(({ timestampMs }) => timestampMs)).toEqual([NOW_MS + 999, NOW_MS + 999]);
  });

  it('are read from the middle of one on, over several, up to where the fetch was cut off', () => {
    const one = stored(
      encodeRecordBatch(
        ['a', 'b', 'c'].map((text) => record(text)),
        NOW_MS,
        STAMP,
      ),
      10,
    );
    const two = stored(
      encodeRecordBatch(
        ['d', 'e'].map((text) => record(text)),
        NOW_MS,
        STAMP,
      ),
      20,
    );
    const both = Buffer.concat([one, two]);
    expect(texts(both, 12)).toEqual(['12 c', '20 d', '21 e']);
    expect(texts(both.subarray(0, -1), 10)).toEqual(['10 a', '11 b', '12 c']);
    expect(decodeRecordBatches(one.subarray(0, 50), 't', 0, 10)).toEqual({
      records: [],
      nextOffset: undefined,
      leaderEpoch: -1,
    });
  });

  it.each([
    ['gzip', 1, gzipSync],
    ['zstd', 4, zstdCompressSync],
  ])('are read where the operator has %s', (_name, codec, compress) => {
    const plain = encodeRecordBatch([record('a'), record('b')], NOW_MS, STAMP);
    const bytes = Buffer.concat([plain.subarray(0, 61), compress(plain.subarray(61))]);
    bytes.writeInt32BE(bytes.length - 12, 8);
    bytes.writeInt16BE(codec, 21);
    expect(texts(stored(bytes, 0))).toEqual(['0 a', '1 b']);
  });

  it('that are damaged, or of another kind, are refused with where and why', () => {
    const bytes = stored(encodeRecordBatch([record('a')], NOW_MS, STAMP), 33);
    const damaged = Buffer.from(bytes);
    damaged[bytes.length - 2] = 0xff;
    expect(() => texts(damaged)).toThrow(/t\/0.*offset 33 is damaged/);
    const old = Buffer.from(bytes);
    old[16] = 1;
    expect(() => texts(old)).toThrow(/t\/0: want record batches of version 2, got 1/);
    const snappy = Buffer.from(bytes);
    snappy.writeInt16BE(2, 21);
    expect(() => texts(stored(snappy, 0))).toThrow(/want .*gzip or zstd, got codec 2/);
  });
});
