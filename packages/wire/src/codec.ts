/** What the generated codecs stand on: protobufjs' Reader and Writer, and strict reading of JSON values. Browser-safe. */
import protobuf from 'protobufjs/minimal.js';

export const Reader = protobuf.Reader;
export const Writer = protobuf.Writer;
export type Reader = protobuf.Reader;
export type Writer = protobuf.Writer;

/** What may be left out when a message is made: everything; absent fields have their defaults. */
export type Input<T> = T extends Uint8Array
  ? T
  : T extends (infer U)[]
    ? readonly Input<U>[]
    : T extends object
      ? { [K in keyof T]?: Input<T[K]> | undefined }
      : T;

/** Both encodings of one message. `read` and `write` work inside a larger message. */
export interface MessageCodec<T> {
  /** A whole message, absent fields at their defaults. */
  create(init?: Partial<T>): T;
  encode(message: Input<T>): Uint8Array;
  /** Throws a FieldError or RangeError on bytes that are not this message. */
  decode(bytes: Uint8Array): T;
  write(message: Input<T>, writer: Writer): Writer;
  read(reader: Reader, length: number): T;
  /** JSON text. */
  toJson(message: Input<T>): string;
  /** From a parsed JSON value; `at` names it in errors. Throws a FieldError. */
  fromJson(value: unknown, at: string): T;
}

/** How one call travels. */
export interface MethodDescriptor<Q = unknown, A = unknown> {
  /** Its name in the proto. */
  readonly rpc: string;
  readonly request: MessageCodec<Q>;
  readonly response: MessageCodec<A>;
  /** Both sides stream: the n-th answer belongs to the n-th request. */
  readonly stream: boolean;
  /** It changes nothing, so it may be repeated. */
  readonly read: boolean;
}

/** How the calls of a service travel: generated beside its interface `T`. */
export interface ServiceDescriptor<T> {
  /** Its full name in the proto. */
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: the codecs of a method fit its own messages, which differ between methods
  readonly methods: { readonly [K in keyof T]: MethodDescriptor<any, any> };
}

/** A field with a value of the wrong shape. */
export class FieldError extends Error {
  override readonly name = 'FieldError';
  /** @param path such as `send.conversationId` @param want what it should be */
  constructor(path: string, want: string, got: unknown) {
    super(`${path}: want ${want}, got ${describe(got)}`);
  }
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string')
    return value.length <= 40 && value.isWellFormed() ? JSON.stringify(value) : `a string of ${value.length}`;
  return typeof value === 'object' ? 'an object' : String(value);
}

export const enumAt = <T extends string>(table: readonly T[], number: number): T => table[number] ?? (table[0] as T);

export const enumNumber = <T extends string>(table: readonly T[], value: T): number =>
  Math.max(0, table.indexOf(value));

/** A 64-bit integer as a number. Times and seqs are far below 2^53; anything above is refused. */
export function readInt64(reader: Reader): number {
  let result = 0;
  let scale = 1;
  for (let i = 0; i < 8; i++) {
    if (reader.pos >= reader.len) throw new RangeError('bytes end inside an integer');
    const byte = reader.buf[reader.pos++] as number;
    result += (byte & 127) * scale;
    if (byte < 128) {
      if (result > Number.MAX_SAFE_INTEGER) break;
      return result;
    }
    scale *= 128;
  }
  throw new FieldError('integer', `0 to ${Number.MAX_SAFE_INTEGER}`, 'a larger or negative one');
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** A string; bytes that are not UTF-8 are refused instead of replaced. */
export function readString(reader: Reader): string {
  const start = reader.pos;
  const text = reader.string();
  if (text.includes('\uFFFD') || !text.isWellFormed()) {
    reader.pos = start;
    const bytes = reader.bytes();
    try {
      strictUtf8.decode(bytes);
    } catch {
      throw new FieldError('text', 'UTF-8', 'other bytes');
    }
  }
  return text;
}

/** What lies in another has to end within it, or its end would be read twice: as what it is, and as the next field. Throws a RangeError. */
export function endsAt(reader: Reader, end: number): void {
  if (reader.pos !== end)
    throw new RangeError(`want a part of a message that ends at ${end}, got one to ${reader.pos}`);
}

/** Skips a field of a newer proto, or of another wire type than declared. */
export function unknownField(reader: Reader, tag: number): void {
  if (tag >>> 3 === 0) throw new RangeError('field number 0');
  reader.skipType(tag & 7);
}

/** Strict reading of parsed JSON values, and writing of what JSON.stringify does not do. */
export const json = {
  none: new Uint8Array(0),

  object(value: unknown, at: string): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new FieldError(at, 'an object', value);
    return value as Record<string, unknown>;
  },

  string(value: unknown, at: string, key: string): string {
    if (typeof value !== 'string') throw new FieldError(`${at}.${key}`, 'a string', value);
    if (!value.isWellFormed()) throw new FieldError(`${at}.${key}`, 'a string without unpaired surrogates', value);
    return value;
  },

  bool(value: unknown, at: string, key: string): boolean {
    if (typeof value !== 'boolean') throw new FieldError(`${at}.${key}`, 'true or false', value);
    return value;
  },

  uint32(value: unknown, at: string, key: string): number {
    const number = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > 0xffffffff)
      throw new FieldError(`${at}.${key}`, 'an integer from 0 to 4294967295', value);
    return number;
  },

  int64(value: unknown, at: string, key: string): number {
    const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0)
      throw new FieldError(`${at}.${key}`, `an integer from 0 to ${Number.MAX_SAFE_INTEGER} as a string`, value);
    return number;
  },

  double(value: unknown, at: string, key: string): number {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new FieldError(`${at}.${key}`, 'a number', value);
    return value;
  },

  enum<T extends string>(table: readonly T[], value: unknown, at: string, key: string): T {
    if (typeof value === 'string') return table.includes(value as T) ? (value as T) : (table[0] as T);
    if (typeof value === 'number') return enumAt(table, value);
    throw new FieldError(`${at}.${key}`, `one of ${table.slice(1).join(', ')}`, value);
  },

  bytes(value: unknown, at: string, key: string): Uint8Array {
    if (typeof value !== 'string') throw new FieldError(`${at}.${key}`, 'base64 text', value);
    try {
      return Uint8Array.from(atob(value.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
    } catch {
      throw new FieldError(`${at}.${key}`, 'base64 text', value);
    }
  },

  array<T>(value: unknown, at: string, key: string, item: (value: unknown) => T): T[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw new FieldError(`${at}.${key}`, 'a list', value);
    return value.map(item);
  },

  /** Refuses two bodies at once. */
  oneof(message: object, at: string, names: readonly string[]): void {
    const set = names.filter((name) => (message as Record<string, unknown>)[name] !== undefined);
    if (set.length > 1) throw new FieldError(at, `only one of ${set.join(', ')}`, `${set.length} of them`);
  },

  list<T>(values: readonly T[] | undefined, item: (value: T) => string): string {
    return values === undefined || values.length === 0 ? '[]' : `[${values.map(item).join(',')}]`;
  },

  base64(bytes: Uint8Array): string {
    let binary = '';
    for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return `"${btoa(binary)}"`;
  },
};
