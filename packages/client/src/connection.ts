/**
 * The socket, and how it comes back. What can go wrong, and what is done:
 *
 * - It does not open, or ends: another is tried after a wait, exponential with full jitter; the first try comes within a second.
 * - The server leaves (goAway, 4000): reconnect after the time that it gave.
 * - Too slow, told to sync, too fast (4001, 4002, 4008): reconnect after the hint in the reason.
 * - The token has expired (4502): refresh it, reconnect. The session has ended (4503), or a refresh says so: logged out.
 * - Bad frame, protocol (4500 and above, 1002 …): a bug of ours; trying again would not mend it. Offline, with an error.
 * - The socket is open but dead: a ping without a pong in time closes it.
 */
import {
  ClatterError,
  type ClientFrame,
  comesBack,
  encodeClientFrame,
  type FrameEncoding,
  type Input,
  parseServerFrame,
  type ServerFrame,
  subprotocols,
} from '@clatter/wire';
import type { ClientClock, ConnectionState, SocketLike } from './types.ts';

const BACKOFF = { baseMs: 500, maxMs: 20_000 };
const ANSWER_MS = 20_000;
const OPEN_MS = 15_000;
const PING_MS = 25_000;
const PONG_MS = 10_000;

export interface ConnectionParts {
  readonly url: string;
  readonly encoding: FrameEncoding;
  readonly openSocket: (url: string, subprotocol: string) => SocketLike;
  readonly clock: ClientClock;
  readonly random: () => number;
  readonly client: string;
  readonly deviceId: string;
  readonly token: (again: boolean) => Promise<string>;
  readonly onState: (state: ConnectionState) => void;
  /** A new socket is live: hello was answered. Sync now; resolve when it is done. */
  readonly onLive: () => Promise<void>;
  /** A frame that is no answer. */
  readonly onFrame: (frame: ServerFrame) => void;
  /** The socket is gone: what was sent on it may or may not have arrived. */
  readonly onDown: () => void;
  readonly onLoggedOut: (reason: string) => void;
  readonly onError: (error: Error) => void;
}

interface Waiting {
  readonly resolve: (frame: ServerFrame) => void;
  readonly reject: (error: Error) => void;
  readonly cancel: () => void;
}

export class Connection {
  readonly #parts: ConnectionParts;
  #state: ConnectionState = 'offline';
  #wanted = false;
  #socket: SocketLike | undefined;
  #tries = 0;
  #hintMs: number | undefined;
  #cancelRetry: (() => void) | undefined;
  #cancelPing: (() => void) | undefined;
  #nextRef = 1;
  #waiting = new Map<number, Waiting>();
  #expired = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  open(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    void this.#connect();
  }

  close(): void {
    this.#wanted = false;
    this.#cancelRetry?.();
    this.#socket?.close(1000);
    this.#down();
    this.#set('offline');
  }

  /** The network is back, or the program came to the front: do not wait out the back-off. */
  wake(): void {
    if (!this.#wanted || this.#socket) return;
    this.#cancelRetry?.();
    void this.#connect();
  }

  /** Sends a frame that gets no answer; false where there is no socket. */
  tell(frame: Input<ClientFrame>): boolean {
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(encodeClientFrame(this.#parts.encoding, frame));
    return true;
  }

  /** Sends a frame and resolves with its answer. A reject is thrown as a ClatterError; so is UNAVAILABLE where no answer comes. */
  ask(frame: Input<ClientFrame>): Promise<ServerFrame> {
    const ref = this.#nextRef;
    this.#nextRef = (this.#nextRef % 0xffffffff) + 1;
    return new Promise((resolve, reject) => {
      if (!this.tell({ ...frame, ref })) return reject(new ClatterError('UNAVAILABLE', 'not connected'));
      const cancel = this.#parts.clock.timer(ANSWER_MS, () => {
        this.#waiting.delete(ref);
        reject(new ClatterError('UNAVAILABLE', 'the server did not answer in time'));
      });
      this.#waiting.set(ref, { resolve, reject, cancel });
    });
  }

  async #connect(): Promise<void> {
    const { url, encoding, openSocket, clock, token } = this.#parts;
    this.#set('connecting');
    let accessToken: string;
    try {
      accessToken = await token(this.#expired);
      this.#expired = false;
    } catch (error) {
      if (error instanceof ClatterError && error.code === 'UNAUTHENTICATED') return this.#end(error);
      return this.#retry();
    }
    if (!this.#wanted || this.#socket) return;
    let socket: SocketLike;
    try {
      socket = openSocket(`${url.replace(/^http/, 'ws')}/v1/ws`, subprotocols[encoding]);
    } catch (error) {
      return this.#end(error as Error);
    }
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    const cancelOpen = clock.timer(OPEN_MS, () => socket.close());
    socket.onopen = () => {
      if (this.#socket !== socket) return socket.close(1000);
      cancelOpen();
      void this.#hello(socket, accessToken);
    };
    socket.onmessage = (event: { data: unknown }) => {
      if (this.#socket === socket) this.#onData(event.data);
    };
    socket.onerror = () => undefined;
    socket.onclose = (event: { code: number; reason: string }) => {
      cancelOpen();
      if (this.#socket === socket) this.#onClose(event.code, String(event.reason ?? ''));
    };
  }

  async #hello(socket: SocketLike, token: string): Promise<void> {
    const { client, deviceId, onLive, onError } = this.#parts;
    try {
      await this.ask({ hello: { token, deviceId, client } });
      if (this.#socket !== socket) return;
      this.#tries = 0;
      this.#hintMs = undefined;
      this.#set('syncing');
      this.#watch(socket);
      await onLive();
      if (this.#socket === socket) this.#set('live');
    } catch (error) {
      if (this.#socket !== socket) return;
      if (!(error instanceof ClatterError)) onError(error as Error);
      // Whatever it was, a new socket starts over.
      socket.close(1000);
      this.#onClose(1006, '');
    }
  }

  #onData(data: unknown): void {
    let frame: ServerFrame;
    try {
      frame = parseServerFrame(
        this.#parts.encoding,
        typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer),
      );
    } catch (error) {
      this.#parts.onError(error as Error);
      return;
    }
    if (frame.goAway) {
      this.#hintMs = frame.goAway.reconnectAfterMs;
      return;
    }
    const waiting = frame.ref > 0 ? this.#waiting.get(frame.ref) : undefined;
    if (!waiting) return this.#parts.onFrame(frame);
    this.#waiting.delete(frame.ref);
    waiting.cancel();
    if (frame.reject)
      waiting.reject(
        new ClatterError(frame.reject.code as ClatterError['code'], frame.reject.message, {
          retryAfterMs: frame.reject.retryAfterMs,
        }),
      );
    else waiting.resolve(frame);
  }

  #onClose(code: number, reason: string): void {
    this.#down();
    if (!this.#wanted) return;
    if (code === 4502) {
      if (!reason.startsWith('TOKEN_EXPIRED') && this.#expired)
        return this.#end(new ClatterError('UNAUTHENTICATED', reason));
      this.#expired = true;
      return this.#retry();
    }
    if (code === 4503) return this.#end(new ClatterError('UNAUTHENTICATED', reason || 'the session has ended'));
    if (!comesBack(code))
      return this.#end(new ClatterError('INVALID', `the server closed the socket with ${code}: ${reason}`));
    if (code >= 4000 && code < 4500 && /^\d+$/.test(reason)) this.#hintMs ??= Number(reason);
    this.#retry();
  }

  /** Forgets the socket; whoever waits for an answer is told that none comes. */
  #down(): void {
    if (!this.#socket) return;
    this.#socket = undefined;
    this.#cancelPing?.();
    for (const { reject, cancel } of this.#waiting.values()) {
      cancel();
      reject(new ClatterError('UNAVAILABLE', 'the connection was lost'));
    }
    this.#waiting = new Map();
    this.#parts.onDown();
  }

  #retry(): void {
    this.#set('connecting');
    const { clock, random } = this.#parts;
    const ceiling = Math.min(BACKOFF.maxMs, BACKOFF.baseMs * 2 ** Math.min(this.#tries++, 10));
    const delayMs = this.#hintMs ?? Math.round(random() * ceiling);
    this.#hintMs = undefined;
    this.#cancelRetry = clock.timer(delayMs, () => void this.#connect());
  }

  /** Trying again would not mend it. */
  #end(error: Error): void {
    this.#wanted = false;
    this.#set('offline');
    if (error instanceof ClatterError && error.code === 'UNAUTHENTICATED') this.#parts.onLoggedOut(error.message);
    else this.#parts.onError(error);
  }

  #watch(socket: SocketLike): void {
    this.#cancelPing = this.#parts.clock.timer(PING_MS, () => {
      const cancel = this.#parts.clock.timer(PONG_MS, () => {
        if (this.#socket !== socket) return;
        socket.close();
        this.#onClose(1006, '');
      });
      this.ask({ ping: {} }).then(
        () => {
          cancel();
          if (this.#socket === socket) this.#watch(socket);
        },
        () => undefined,
      );
    });
  }

  #set(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#parts.onState(state);
  }
}
