/** Frames of both subprotocols, from bytes and back, with the two ways in which they can be wrong. Browser-safe. */
import { FieldError, type Input, json, Reader } from './codec.ts';
import { ClatterError } from './errors.ts';
import { ClientFrame, PresenceStatus, ServerFrame, TypingActivity } from './generated/wire.ts';

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
  /** What the frame asks for; undefined where it cannot be read. */
  readonly body: ClientBody | undefined;

  constructor(message: string, ref: number, body: ClientBody | undefined) {
    super('INVALID', message);
    this.ref = ref;
    this.body = body;
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
  'pin',
  'vote',
  'closePoll',
  'setFlags',
  'setDraft',
] as const satisfies readonly (keyof ClientFrame)[];

export type ClientBody = (typeof clientBodies)[number];

/** Field number → body: the fields of the frame after `ref`, in the order of the proto. */
const bodyNumbers: readonly (ClientBody | undefined)[] = [undefined, undefined, ...clientBodies];

/** The one body of a parsed frame. */
export const bodyOf = (frame: ClientFrame): ClientBody =>
  clientBodies.find((name) => frame[name] !== undefined) as ClientBody;

/** The one body of what may be a frame. Throws BadFrame where there is none, or two. */
function onlyBody(fields: { readonly [name in ClientBody]?: unknown }): ClientBody {
  let found: ClientBody | undefined;
  for (const name of clientBodies) {
    if (fields[name] === undefined || fields[name] === null) continue;
    if (found !== undefined) throw new BadFrame(`want one body, got ${found} and ${name}`);
    found = name;
  }
  if (found === undefined) throw new BadFrame('want a body, got none that is known');
  return found;
}

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
  const body = onlyBody(fields);
  try {
    checkEnums(fields, body);
    return ClientFrame.fromJson(fields, 'frame');
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    throw new InvalidFrame(error.message.replace(/^frame\./, ''), refOf(fields), body);
  }
}

function refOf({ ref }: Record<string, unknown>): number {
  try {
    return ref === undefined || ref === null ? 0 : json.uint32(ref, 'frame', 'ref');
  } catch {
    return 0;
  }
}

/** Readers take a name that they do not know as "not said"; what a client asks for must be known. */
function checkEnums(fields: Record<string, unknown>, body: ClientBody): void {
  if (body !== 'presence' && body !== 'typing') return;
  const [key, table] =
    body === 'presence' ? (['status', PresenceStatus] as const) : (['activity', TypingActivity] as const);
  const value = (fields[body] as Record<string, unknown>)[key];
  if (typeof value === 'string' && !(table as readonly string[]).includes(value))
    throw new FieldError(`${body}.${key}`, `one of ${table.slice(1).join(', ')}`, value);
}

function parseProto(data: string | Uint8Array): ClientFrame {
  if (typeof data === 'string') throw new BadFrame('want binary on this subprotocol, got text');
  let frame: ClientFrame;
  try {
    frame = ClientFrame.decode(data);
  } catch (error) {
    if (!(error instanceof FieldError)) throw new BadFrame('want a protobuf ClientFrame');
    const { ref, body } = outline(data);
    throw new InvalidFrame(body === undefined ? error.message : `${body}: ${error.message}`, ref, body);
  }
  onlyBody(frame);
  return frame;
}

/** Ref and body of bytes with a field that could not be read. Throws BadFrame where they are no frame apart from that field. */
function outline(data: Uint8Array): { ref: number; body: ClientBody | undefined } {
  let ref = 0;
  const present: { [name in ClientBody]?: true } = {};
  try {
    const reader = Reader.create(data);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      const name = bodyNumbers[tag >>> 3];
      if (tag === 8) ref = reader.uint32();
      else {
        if (name !== undefined && (tag & 7) === 2) present[name] = true;
        reader.skipType(tag & 7);
      }
    }
  } catch {
    throw new BadFrame('want a protobuf ClientFrame');
  }
  return { ref, body: onlyBody(present) };
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
