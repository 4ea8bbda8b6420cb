/** WebSocket frames of a server: the header of RFC 6455 §5.2 before the payload. Never masked, never in fragments, never compressed. */

const TEXT = 0x81;
const BINARY = 0x82;
const PING = 0x89;

/** One buffer that any number of sockets can be given. */
export function frameBytes(payload: Uint8Array, binary: boolean): Buffer {
  const bytes = headed(binary ? BINARY : TEXT, payload.length);
  bytes.set(payload, bytes.length - payload.length);
  return bytes;
}

/** A text frame, without a copy of the text's bytes in between. */
export function textFrameBytes(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const bytes = headed(TEXT, length);
  bytes.write(text, bytes.length - length);
  return bytes;
}

/** A ping; the peer's pong carries the same number. */
export function pingBytes(number: number): Buffer {
  const bytes = headed(PING, 4);
  bytes.writeUInt32BE(number, 2);
  return bytes;
}

function headed(opcode: number, length: number): Buffer {
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const bytes = Buffer.allocUnsafe(header + length);
  bytes[0] = opcode;
  if (header === 2) bytes[1] = length;
  else if (header === 4) {
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 127;
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  return bytes;
}
