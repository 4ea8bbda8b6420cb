/**
 * Bytes of the Kafka protocol (https://kafka.apache.org/protocol): big-endian integers, lengths before strings, and in "flexible" versions
 * of requests varints plus tagged fields, of which we send none. Offsets are int64 on the wire and numbers here: exact up to 2⁵³.
 */

const WORD = 2 ** 32;

export class KafkaWriter {
  #buffer: Buffer;
  #at = 0;

  constructor(sizeHint = 256) {
    this.#buffer = Buffer.allocUnsafe(sizeHint);
  }

  int8(value: number): this {
    this.#at = this.#room(1).writeInt8(value, this.#at);
    return this;
  }

  int16(value: number): this {
    this.#at = this.#room(2).writeInt16BE(value, this.#at);
    return this;
  }

  int32(value: number): this {
    this.#at = this.#room(4).writeInt32BE(value, this.#at);
    return this;
  }

  int64(value: number): this {
    const buffer = this.#room(8);
    this.#at = buffer.writeInt32BE(Math.floor(value / WORD), this.#at);
    this.#at = buffer.writeUInt32BE(value >= 0 ? value % WORD : ((value % WORD) + WORD) % WORD, this.#at);
    return this;
  }

  /** Unsigned, 32 bits. */
  varint(value: number): this {
    const buffer = this.#room(5);
    let rest = value >>> 0;
    for (; rest > 127; rest >>>= 7) buffer[this.#at++] = (rest & 127) | 128;
    buffer[this.#at++] = rest;
    return this;
  }

  string(value: string): this {
    const length = Buffer.byteLength(value);
    this.int16(length);
    this.#at += this.#room(length).write(value, this.#at);
    return this;
  }

  compactString(value: string): this {
    const length = Buffer.byteLength(value);
    this.varint(length + 1);
    this.#at += this.#room(length).write(value, this.#at);
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#room(bytes.length).set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  /** A UUID as 36 characters. */
  uuid(value: string): this {
    return this.raw(Buffer.from(value.replaceAll('-', ''), 'hex'));
  }

  compactArray<T>(items: readonly T[], write: (item: T) => void): this {
    this.varint(items.length + 1);
    for (const item of items) write(item);
    return this;
  }

  /** No tagged fields. */
  tags(): this {
    return this.int8(0);
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  #room(size: number): Buffer {
    if (this.#at + size > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#at + size));
      this.#buffer.copy(larger, 0, 0, this.#at);
      this.#buffer = larger;
    }
    return this.#buffer;
  }
}

export class KafkaReader {
  readonly #buffer: Buffer;
  #at: number;

  constructor(buffer: Buffer, at = 0) {
    this.#buffer = buffer;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#buffer.length - this.#at;
  }

  int8(): number {
    return this.#buffer.readInt8(this.#skip(1));
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#skip(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#skip(4));
  }

  int64(): number {
    const at = this.#skip(8);
    return this.#buffer.readInt32BE(at) * WORD + this.#buffer.readUInt32BE(at + 4);
  }

  /** Unsigned, 32 bits. */
  varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#buffer[this.#skip(1)] as number;
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  }

  /** Signed (zigzag), 32 bits. */
  signedVarint(): number {
    const value = this.varint();
    return (value >>> 1) ^ -(value & 1);
  }

  /** Signed, up to 64 bits; exact up to 2⁵³. */
  signedVarlong(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#buffer[this.#skip(1)] as number;
      value += (byte & 127) * factor;
      if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  }

  take(length: number): Buffer {
    const at = this.#skip(length);
    return this.#buffer.subarray(at, at + length);
  }

  text(length: number): string {
    const at = this.#skip(length);
    return this.#buffer.toString('utf8', at, at + length);
  }

  string(): string {
    return this.text(Math.max(0, this.int16()));
  }

  /** '' for null. */
  compactString(): string {
    return this.text(Math.max(0, this.varint() - 1));
  }

  uuid(): string {
    return this.take(16)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  array<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read);
  }

  compactArray<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.varint() - 1) }, read);
  }

  /** Tagged fields; those that `known` has are read by it, the others skipped. */
  tags(known: Readonly<Record<number, () => void>> = {}): void {
    for (let count = this.varint(); count > 0; count--) {
      const tag = this.varint();
      const end = this.varint() + this.#at;
      known[tag]?.();
      this.#at = end;
    }
  }

  #skip(length: number): number {
    const at = this.#at;
    this.#at += length;
    if (length < 0 || this.#at > this.#buffer.length)
      throw new Error(`a broker's answer is cut off: want ${length} bytes at ${at}, have ${this.#buffer.length - at}`);
    return at;
  }
}
