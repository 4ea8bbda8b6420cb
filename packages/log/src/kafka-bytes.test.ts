import { expect, it } from 'vitest';
import { KafkaReader, KafkaWriter } from './kafka-bytes.ts';

it('reads what it writes: offsets of any size, negative ones too, texts, ids and lists', () => {
  const offsets = [0, -1, -2, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 48 + 5, Number.MAX_SAFE_INTEGER, -(2 ** 40) - 3];
  const id = '0192f7a1-2b3c-7d4e-8f50-0123456789ab';
  const writer = new KafkaWriter(1);
  for (const offset of offsets) writer.int64(offset);
  writer.varint(300).string('Grüße').compactString('').compactString('👋').uuid(id).int8(-1).int16(-2).int32(-3);
  writer.compactArray([7, 8], (item) => void writer.int32(item)).tags();
  const reader = new KafkaReader(writer.bytes());
  expect(offsets.map(() => reader.int64())).toEqual(offsets);
  expect([reader.varint(), reader.string(), reader.compactString(), reader.compactString()]).toEqual([
    300,
    'Grüße',
    '',
    '👋',
  ]);
  expect([reader.uuid(), reader.int8(), reader.int16(), reader.int32()]).toEqual([id, -1, -2, -3]);
  expect(reader.compactArray(() => reader.int32())).toEqual([7, 8]);
  reader.tags();
  expect(reader.left).toBe(0);
});

it('skips tagged fields that it does not know', () => {
  const bytes = new KafkaWriter().varint(2).varint(9).varint(3).raw(Buffer.from('abc')).varint(0).varint(8).int64(42);
  const reader = new KafkaReader(bytes.bytes());
  let known = 0;
  reader.tags({
    0: () => {
      known = reader.int64();
    },
  });
  expect([known, reader.left]).toEqual([42, 0]);
});

it('says of an answer that is cut off what it wanted', () => {
  expect(() => new KafkaReader(Buffer.alloc(5)).int64()).toThrow(/cut off: want 8 bytes at 0, have 5/);
});
