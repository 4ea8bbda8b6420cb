/**
 * Record batches of Kafka, version 2 (https://kafka.apache.org/documentation/#recordbatch). Written here because this is where the CPU
 * of a client goes: see the figures in ARCHITECTURE.md.
 *
 *   base offset int64 | length int32 | leader epoch int32 | magic int8 | crc32c uint32 | attributes int16 | last offset delta int32 |
 *   first time int64 | max time int64 | producer id int64 | producer epoch int16 | first sequence int32 | count int32 | records
 *   record: length | attributes int8 | time delta | offset delta | key | value | headers; its integers are zigzag varints
 */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { LogRecord, NewRecord } from './event-log.ts';
import { KafkaReader } from './kafka-bytes.ts';

const MAGIC = 2;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const RECORDS_AT = 61;
/** Base offset and length: what comes before the bytes that `length` counts. */
const LENGTH_END = 12;
const LOG_APPEND_TIME = 8;
const CONTROL = 32;
const GZIP = 1;
const ZSTD = 4;

/** Who sends, so that brokers append no batch twice nor after a later one. */
export interface ProducerStamp {
  /** −1: without such a promise. */
  readonly id: number;
  readonly epoch: number;
  readonly sequence: number;
}

/** An upper bound of what a record takes on the wire. */
export function recordBytes({ key, value, headers = {} }: NewRecord): number {
  let bytes = value.length + 3 * key.length + 40;
  for (const name in headers) bytes += 3 * (name.length + (headers[name] as string).length) + 10;
  return bytes;
}

export function encodeRecordBatch(records: readonly NewRecord[], nowMs: number, stamp: ProducerStamp): Buffer {
  let bound = RECORDS_AT;
  for (const record of records) bound += recordBytes(record);
  const buffer = Buffer.allocUnsafe(bound);
  let at = RECORDS_AT;
  for (let i = 0; i < records.length; i++) at = writeRecord(buffer, at, records[i] as NewRecord, i);
  buffer.fill(0, 0, 8);
  buffer.writeInt32BE(at - LENGTH_END, 8);
  buffer.writeInt32BE(-1, 12);
  buffer.writeInt8(MAGIC, 16);
  buffer.writeInt16BE(0, ATTRIBUTES_AT);
  buffer.writeInt32BE(records.length - 1, 23);
  buffer.writeBigInt64BE(BigInt(nowMs), 27);
  buffer.writeBigInt64BE(BigInt(nowMs), 35);
  buffer.writeBigInt64BE(BigInt(stamp.id), 43);
  buffer.writeInt16BE(stamp.id < 0 ? -1 : stamp.epoch, 51);
  buffer.writeInt32BE(stamp.id < 0 ? -1 : stamp.sequence, 53);
  buffer.writeInt32BE(records.length, 57);
  buffer.writeUInt32BE(crc32c(buffer, ATTRIBUTES_AT, at), CRC_AT);
  return buffer.subarray(0, at);
}

function writeRecord(buffer: Buffer, start: number, { key, value, headers = {} }: NewRecord, index: number): number {
  const names = Object.keys(headers);
  const keyLength = Buffer.byteLength(key);
  let size = 2 + zigzagSize(index) + zigzagSize(keyLength) + keyLength + zigzagSize(value.length) + value.length;
  size += zigzagSize(names.length);
  for (const name of names) {
    const [nameLength, length] = [Buffer.byteLength(name), Buffer.byteLength(headers[name] as string)];
    size += zigzagSize(nameLength) + nameLength + zigzagSize(length) + length;
  }
  let at = writeZigzag(buffer, start, size);
  buffer[at++] = 0;
  buffer[at++] = 0;
  at = writeZigzag(buffer, at, index);
  at = writeZigzag(buffer, at, keyLength);
  at += buffer.write(key, at);
  at = writeZigzag(buffer, at, value.length);
  buffer.set(value, at);
  at = writeZigzag(buffer, at + value.length, names.length);
  for (const name of names)
    for (const text of [name, headers[name] as string]) {
      at = writeZigzag(buffer, at, Buffer.byteLength(text));
      at += buffer.write(text, at);
    }
  return at;
}

/** What a fetch brought of one partition. */
export interface FetchedRecords {
  readonly records: LogRecord[];
  /** One past the last offset that the batches cover, what was left out included; undefined where there was no whole batch. */
  readonly nextOffset: number | undefined;
  /** Leader epoch of the last batch. */
  readonly leaderEpoch: number;
}

/** The records from `fromOffset` on; a fetch begins at a batch, which may begin earlier, and may end in the middle of one. Values are views of `bytes`. */
export function decodeRecordBatches(
  bytes: Buffer,
  topic: string,
  partition: number,
  fromOffset: number,
): FetchedRecords {
  const records: LogRecord[] = [];
  let nextOffset: number | undefined;
  let leaderEpoch = -1;
  for (let start = 0; start + RECORDS_AT <= bytes.length; ) {
    const end = start + LENGTH_END + bytes.readInt32BE(start + 8);
    if (end > bytes.length) break;
    const reader = new KafkaReader(bytes, start);
    const baseOffset = reader.int64();
    reader.int32();
    leaderEpoch = reader.int32();
    const magic = reader.int8();
    if (magic !== MAGIC) throw new Error(`${topic}/${partition}: want record batches of version 2, got ${magic}`);
    const crc = reader.int32() >>> 0;
    if (crc !== crc32c(bytes, start + ATTRIBUTES_AT, end))
      throw new Error(
        `${topic}/${partition}: the batch at offset ${baseOffset} is damaged: its checksum is not ${crc}`,
      );
    const attributes = reader.int16();
    const last = baseOffset + reader.int32();
    const firstMs = reader.int64();
    const maxMs = reader.int64();
    reader.take(14);
    const count = reader.int32();
    nextOffset = last + 1;
    start = end;
    if (last < fromOffset || (attributes & CONTROL) !== 0) continue;
    const body = bodyOf(reader, bytes.subarray(reader.at, end), attributes);
    const appendMs = (attributes & LOG_APPEND_TIME) !== 0 ? maxMs : undefined;
    for (let i = 0; i < count; i++) {
      const record = readRecord(body, topic, partition, baseOffset, firstMs, appendMs);
      if (record.offset >= fromOffset) records.push(record);
    }
  }
  return { records, nextOffset, leaderEpoch };
}

/** The operator may have a topic compressed by the brokers. */
function bodyOf(plain: KafkaReader, rest: Buffer, attributes: number): KafkaReader {
  const codec = attributes & 7;
  if (codec === 0) return plain;
  if (codec === GZIP) return new KafkaReader(gunzipSync(rest));
  if (codec === ZSTD) return new KafkaReader(zstdDecompressSync(rest));
  throw new Error(`want records without compression, or gzip or zstd, got codec ${codec}`);
}

function readRecord(
  reader: KafkaReader,
  topic: string,
  partition: number,
  baseOffset: number,
  firstMs: number,
  appendMs: number | undefined,
): LogRecord {
  reader.signedVarint();
  reader.int8();
  const deltaMs = reader.signedVarlong();
  const offset = baseOffset + reader.signedVarint();
  const key = reader.text(Math.max(0, reader.signedVarint()));
  const value = reader.take(Math.max(0, reader.signedVarint()));
  const headers: Record<string, string> = {};
  for (let count = reader.signedVarint(); count > 0; count--) {
    const name = reader.text(reader.signedVarint());
    headers[name] = reader.text(Math.max(0, reader.signedVarint()));
  }
  return { topic, partition, offset, timestampMs: appendMs ?? firstMs + deltaMs, key, value, headers };
}

/** Of integers that are not negative. */
function zigzagSize(value: number): number {
  return value < 64 ? 1 : value < 8192 ? 2 : value < 1_048_576 ? 3 : value < 134_217_728 ? 4 : 5;
}

function writeZigzag(buffer: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value * 2;
  for (; rest > 127; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) | 128;
  buffer[at++] = rest;
  return at;
}

/** Castagnoli's polynomial, four bytes at a time. */
const CRC_TABLES = crcTables();

function crcTables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array] {
  const tables = [new Int32Array(256), new Int32Array(256), new Int32Array(256), new Int32Array(256)] as const;
  for (let i = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    tables[0][i] = crc;
  }
  for (let i = 0; i < 256; i++)
    for (let t = 1; t < 4; t++) {
      const before = (tables[t - 1] as Int32Array)[i] as number;
      (tables[t] as Int32Array)[i] = (tables[0][before & 255] as number) ^ (before >>> 8);
    }
  return tables;
}

export function crc32c(bytes: Uint8Array, start: number, end: number): number {
  const [t0, t1, t2, t3] = CRC_TABLES;
  let crc = -1;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    crc ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    crc =
      (t3[crc & 255] as number) ^
      (t2[(crc >>> 8) & 255] as number) ^
      (t1[(crc >>> 16) & 255] as number) ^
      (t0[crc >>> 24] as number);
  }
  for (; at < end; at++) crc = (t0[(crc ^ (bytes[at] as number)) & 255] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}
