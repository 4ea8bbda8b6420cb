/**
 * Records of one topic and group commit as one blob, so that a record costs bytes and no row. Strings that were in the chunk before (names
 * and most values of headers) are written as their number.
 *
 * Layout: base time (float64, ms), then per record: time − base, key, value, header count, (name, value)*. Integers are varints; bytes
 * have their length before them; a string is either 0 and its bytes as UTF-8, or the number of an earlier string, counted from 1.
 */
import type { LogRecord } from './event-log.ts';

/** Largest varint that is written: 32 bits. */
const VARINT_BYTES = 5;

export function encodeChunk(records: readonly LogRecord[]): Uint8Array {
  const baseMs = records[0]?.timestampMs ?? 0;
  const writer = new ChunkWriter(sizeBound(records));
  writer.float64(baseMs);
  for (const { timestampMs, key, value, headers } of records) {
    writer.varint(timestampMs - baseMs);
    writer.string(key);
    writer.bytes(value);
    const names = Object.keys(headers);
    writer.varint(names.length);
    for (const name of names) {
      writer.string(name);
      writer.string(headers[name] as string);
    }
  }
  return writer.finish();
}

/** The records of a chunk. Values are views of `bytes`. */
export function decodeChunk(bytes: Uint8Array, topic: string, partition: number, baseOffset: number): LogRecord[] {
  const reader = new ChunkReader(bytes);
  const baseMs = reader.float64();
  const records: LogRecord[] = [];
  while (!reader.done) {
    const timestampMs = baseMs + reader.varint();
    const key = reader.string();
    const value = reader.bytes();
    const headers: Record<string, string> = {};
    for (let count = reader.varint(); count > 0; count--) {
      const name = reader.string();
      headers[name] = reader.string();
    }
    records.push({ topic, partition, offset: baseOffset + records.length, timestampMs, key, value, headers });
  }
  return records;
}

function sizeBound(records: readonly LogRecord[]): number {
  let bytes = 8;
  for (const { key, value, headers } of records) {
    bytes += value.length + 3 * key.length + 5 * VARINT_BYTES;
    for (const name in headers) bytes += 3 * (name.length + (headers[name] as string).length) + 4 * VARINT_BYTES;
  }
  return bytes;
}

class ChunkWriter {
  readonly #buffer: Buffer;
  readonly #numbers = new Map<string, number>();
  #at = 0;

  constructor(sizeMax: number) {
    this.#buffer = Buffer.allocUnsafe(sizeMax);
  }

  float64(value: number): void {
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  varint(value: number): void {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#buffer[this.#at++] = (rest % 128) | 128;
    this.#buffer[this.#at++] = rest;
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  string(value: string): void {
    const number = this.#numbers.get(value);
    this.varint(number ?? 0);
    if (number !== undefined) return;
    this.#numbers.set(value, this.#numbers.size + 1);
    this.varint(Buffer.byteLength(value));
    this.#at += this.#buffer.write(value, this.#at);
  }

  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#at);
  }
}

class ChunkReader {
  readonly #buffer: Buffer;
  readonly #strings: string[] = [];
  #at = 0;

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    this.#buffer = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#buffer.length;
  }

  float64(): number {
    this.#at += 8;
    return this.#buffer.readDoubleLE(this.#at - 8);
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#buffer[this.#at++] as number;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  bytes(): Buffer {
    const length = this.varint();
    this.#at += length;
    return this.#buffer.subarray(this.#at - length, this.#at);
  }

  string(): string {
    const number = this.varint();
    if (number > 0) return this.#strings[number - 1] as string;
    const value = this.bytes().toString();
    this.#strings.push(value);
    return value;
  }
}
