/** A socket whose other end is the test. */
import { type ClientFrame, encodeServerFrame, type Input, parseClientFrame, type ServerFrame } from '@clatter/wire';
import type { SocketLike } from '../types.ts';

export class FakeSocket implements SocketLike {
  binaryType = '';
  readyState = 0;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  /** What the client sent. */
  readonly frames: ClientFrame[] = [];
  /** Set where the client closed it. */
  closedWith: number | undefined;
  onFrame: (frame: ClientFrame) => void = () => undefined;
  onGone: () => void = () => undefined;

  send(data: string | Uint8Array): void {
    if (this.readyState !== 1) throw new Error('the socket is not open');
    const frame = parseClientFrame('json', data);
    this.frames.push(frame);
    this.onFrame(frame);
  }

  close(code?: number): void {
    if (this.readyState > 1) return;
    this.readyState = 2;
    this.closedWith = code ?? 1005;
    this.onGone();
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.({} as never);
  }

  give(frame: Input<ServerFrame>): void {
    if (this.readyState === 1) this.onmessage?.({ data: encodeServerFrame('json', frame) } as never);
  }

  giveText(data: string): void {
    this.onmessage?.({ data } as never);
  }

  /** The server ends it, or the network does (1006). */
  end(code: number, reason = ''): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onGone();
    this.onclose?.({ code, reason } as never);
  }

  /** The newest frame with that body. */
  last<K extends keyof ClientFrame>(
    name: K,
  ): (ClientFrame & { [name in K]-?: NonNullable<ClientFrame[K]> }) | undefined {
    return this.frames.findLast((frame) => frame[name] !== undefined) as never;
  }
}
