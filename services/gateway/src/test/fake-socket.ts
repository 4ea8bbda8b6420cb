/** A socket in memory: what the gateway writes to it is read as its client would. */
import { type FrameEncoding, parseServerFrame, type ServerFrame } from '@clatter/wire';
import type { ConnectionSocket } from '../connection.ts';

export class FakeSocket implements ConnectionSocket {
  readonly frames: ServerFrame[] = [];
  readonly probes: (() => void)[] = [];
  closed: { readonly code: number; readonly reason: string; readonly drop: boolean } | undefined;
  unsentBytes = 0;
  readonly #encoding: FrameEncoding;
  readonly #outboxBytesMax: number;

  constructor(encoding: FrameEncoding, outboxBytesMax: number) {
    this.#encoding = encoding;
    this.#outboxBytesMax = outboxBytesMax;
  }

  write(bytes: Buffer): boolean {
    if (this.unsentBytes > this.#outboxBytesMax) return false;
    if (this.closed) throw new Error('a frame after the close frame');
    const { opcode, payload } = readFrame(bytes);
    if (opcode !== (this.#encoding === 'json' ? 1 : 2)) throw new Error(`opcode ${opcode} on ${this.#encoding}`);
    this.frames.push(parseServerFrame(this.#encoding, this.#encoding === 'json' ? payload.toString() : payload));
    return true;
  }

  probe(received: () => void): void {
    this.probes.push(received);
  }

  close(code: number, reason: string, drop: boolean): void {
    if (this.closed) throw new Error('closed twice');
    this.closed = { code, reason, drop };
  }

  /** The frames since the last call. */
  take(): ServerFrame[] {
    return this.frames.splice(0);
  }

  /** The newest answer to a ref. */
  answer(ref: number): ServerFrame | undefined {
    return this.frames.findLast((frame) => frame.ref === ref);
  }
}

/** One whole frame of a server (RFC 6455 §5.2). */
export function readFrame(bytes: Buffer): { opcode: number; payload: Buffer; rest: Buffer } {
  const [first = 0, second = 0] = bytes;
  if ((first & 0x80) === 0 || (first & 0x70) !== 0 || (second & 0x80) !== 0)
    throw new Error('not a plain server frame');
  const short = second & 0x7f;
  const at = short < 126 ? 2 : short === 126 ? 4 : 10;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < at + length) throw new Error('the frame is cut');
  return { opcode: first & 0x0f, payload: bytes.subarray(at, at + length), rest: bytes.subarray(at + length) };
}
