/** A WebSocket frame of a server: the header of RFC 6455 §5.2 before the payload. Never masked, never in fragments, never compressed. */

const TEXT = 0x81;
const BINARY = 0x82;

/** One buffer that any number of sockets can be given. */
export function frameBytes(payload: Uint8Array, binary: boolean): Buffer {
  const length = payload.length;
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const bytes = Buffer.allocUnsafe(header + length);
  bytes[0] = binary ? BINARY : TEXT;
  if (header === 2) bytes[1] = length;
  else if (header === 4) {
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 127;
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  bytes.set(payload, header);
  return bytes;
}
