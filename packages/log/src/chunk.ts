/** Records of one topic and group commit as one blob, so that a record costs bytes and no row. */
import { Reader, Writer } from '@clatter/wire';
import type { LogRecord } from './event-log.ts';

/** Layout, all lengths varint: base time; then per record: time − base, key, value, header count, (name, value)*. */
export function encodeChunk(records: readonly LogRecord[]): Uint8Array {
  const writer = Writer.create();
  const baseMs = records[0]?.timestampMs ?? 0;
  writer.string(String(baseMs));
  for (const { timestampMs, key, value, headers } of records) {
    const names = Object.keys(headers);
    writer
      .uint32(timestampMs - baseMs)
      .string(key)
      .bytes(value)
      .uint32(names.length);
    for (const name of names) writer.string(name).string(headers[name] as string);
  }
  return writer.finish();
}

/** The records of a chunk. Values are views of `bytes`. */
export function decodeChunk(bytes: Uint8Array, topic: string, partition: number, baseOffset: number): LogRecord[] {
  const reader = Reader.create(bytes);
  const baseMs = Number(reader.string());
  const records: LogRecord[] = [];
  while (reader.pos < reader.len) {
    const timestampMs = baseMs + reader.uint32();
    const key = reader.string();
    const value = reader.bytes();
    const headers: Record<string, string> = {};
    for (let count = reader.uint32(); count > 0; count--) headers[reader.string()] = reader.string();
    records.push({ topic, partition, offset: baseOffset + records.length, timestampMs, key, value, headers });
  }
  return records;
}
