/** A socket that says just what a test wants, and remembers what came. */
import { parseServerFrame, type ServerFrame, subprotocols } from '@clatter/wire';
import { until } from './until.ts';

export class RawSocket {
  readonly frames: ServerFrame[] = [];
  /** Text frames as they came. */
  readonly texts: string[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => {
      if (typeof data === 'string') this.texts.push(data);
      this.frames.push(
        typeof data === 'string'
          ? parseServerFrame('json', data)
          : parseServerFrame('proto', new Uint8Array(data as ArrayBuffer)),
      );
    };
    socket.onclose = ({ code, reason }) => {
      this.closed = { code, reason };
    };
  }

  static async open(url: string, protocol: string = subprotocols.json): Promise<RawSocket> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/ws`, protocol);
    const raw = new RawSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error('the socket did not open'));
    });
    socket.onerror = null;
    return raw;
  }

  /** Opens and says hello. */
  static async hello(url: string, token: string, protocol?: string): Promise<RawSocket> {
    const raw = await RawSocket.open(url, protocol);
    raw.send({ ref: 1, hello: { token } });
    await raw.answer(1);
    return raw;
  }

  send(frame: string | Uint8Array<ArrayBuffer> | object): void {
    this.#socket.send(typeof frame === 'string' || frame instanceof Uint8Array ? frame : JSON.stringify(frame));
  }

  /** The frame that answers a ref. */
  answer(ref: number): Promise<ServerFrame> {
    return until(`an answer to ${ref}`, () => this.frames.find((frame) => frame.ref === ref));
  }

  code(): Promise<number> {
    return until('the socket to close', () => this.closed?.code);
  }

  close(): void {
    this.#socket.close();
  }
}
