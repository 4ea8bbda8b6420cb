/** Frames of both subprotocols, from bytes and back, with the two ways in which they can be wrong. Browser-safe. */
import { FieldError, type Input, Reader } from './codec.ts';
import { ClatterError } from './errors.ts';
import { ClientFrame, ServerFrame } from './generated/wire.ts';

export type FrameEncoding = 'json' | 'proto';

export const subprotocols: Readonly<Record<FrameEncoding, string>> = {
  json: 'clatter.v1.json',
  proto: 'clatter.v1.proto',
};

/** Not a frame at all: the connection ends with 4500. */
export class BadFrame extends Error {
  override readonly name = 'BadFrame';
}

/** A frame with a wrong field: it is answered with a reject INVALID, and the connection stays. */
export class InvalidFrame extends ClatterError {
  /** Of the frame, 0 where it cannot be read. */
  readonly ref: number;

  constructor(message: string, ref: number) {
    super('INVALID', message);
    this.ref = ref;
  }
}

const clientBodies = [
  'hello',
  'send',
  'edit',
  'delete',
  'react',
  'receipt',
  'typing',
  'sync',
  'history',
  'presence',
  'watch',
  'unwatch',
  'ping',
] as const satisfies readonly (keyof ClientFrame)[];

export type ClientBody = (typeof clientBodies)[number];

/** The one body of a frame. */
export const bodyOf = (frame: ClientFrame): ClientBody =>
  clientBodies.find((name) => frame[name] !== undefined) as ClientBody;

/** Throws BadFrame or InvalidFrame. */
export function parseClientFrame(encoding: FrameEncoding, data: string | Uint8Array): ClientFrame {
  return encoding === 'json' ? parseJson(data) : parseProto(data);
}

function parseJson(data: string | Uint8Array): ClientFrame {
  if (typeof data !== 'string') throw new BadFrame('want text on this subprotocol, got binary');
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw new BadFrame('want JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadFrame('want a JSON object');
  const fields = value as Record<string, unknown>;
  const bodies = clientBodies.filter((name) => fields[name] !== undefined && fields[name] !== null);
  if (bodies.length !== 1) throw new BadFrame(`want one body, got ${bodies.length}`);
  try {
    return ClientFrame.fromJson(fields, 'frame');
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    const { ref } = fields;
    throw new InvalidFrame(
      error.message.replace(/^frame\./, ''),
      typeof ref === 'number' && Number.isInteger(ref) && ref > 0 && ref <= 0xffffffff ? ref : 0,
    );
  }
}

function parseProto(data: string | Uint8Array): ClientFrame {
  if (typeof data === 'string') throw new BadFrame('want binary on this subprotocol, got text');
  let frame: ClientFrame;
  try {
    frame = ClientFrame.decode(data);
  } catch (error) {
    if (error instanceof FieldError) throw new InvalidFrame(error.message, refOf(data));
    throw new BadFrame('want a protobuf ClientFrame');
  }
  const bodies = clientBodies.filter((name) => frame[name] !== undefined);
  if (bodies.length !== 1) throw new BadFrame(`want one body, got ${bodies.length}`);
  return frame;
}

/** The ref of bytes whose body could not be read: field 1 comes first in what any encoder writes. */
function refOf(data: Uint8Array): number {
  try {
    const reader = Reader.create(data);
    return reader.uint32() === 8 ? reader.uint32() : 0;
  } catch {
    return 0;
  }
}

export const encodeClientFrame = (encoding: FrameEncoding, frame: Input<ClientFrame>): string | Uint8Array =>
  encoding === 'json' ? ClientFrame.toJson(frame) : ClientFrame.encode(frame);

export const encodeServerFrame = (encoding: FrameEncoding, frame: Input<ServerFrame>): string | Uint8Array =>
  encoding === 'json' ? ServerFrame.toJson(frame) : ServerFrame.encode(frame);

/** A frame of the server; bodies that this version does not know are simply absent. Throws BadFrame for what is no frame. */
export function parseServerFrame(encoding: FrameEncoding, data: string | Uint8Array): ServerFrame {
  try {
    return encoding === 'json'
      ? ServerFrame.fromJson(JSON.parse(data as string), 'frame')
      : ServerFrame.decode(data as Uint8Array);
  } catch (error) {
    throw new BadFrame(`not a frame of the server: ${(error as Error).message}`);
  }
}
