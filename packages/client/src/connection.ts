/**
 * The socket, and how it comes back. What can go wrong, and what is done:
 *
 * - It does not open, or ends: another is tried after a wait, exponential with full jitter
 *   (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter). The waits start over once a connection was live.
 * - The server leaves (goAway, 4000), or had enough of this socket (4001, 4002, 4008): reconnect after the hint that it gave.
 * - The token is about to expire: hello again on the live socket, with a new one. It was refused (4502): get another, reconnect; when
 *   that happens again and again, the session has ended. So it has when a refresh, or 4503, says so: logged out.
 * - Bad frame, protocol (4500 and above, 1002 …): a bug of ours; trying again would not mend it. Offline, with an error.
 * - The socket is open but dead: a ping without a pong in time ends it. A device that wakes up pings at once.
 * - An answer does not come: whoever waits is told UNAVAILABLE; when it comes later, it is passed on like news.
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
  type Welcome,
} from '@clatter/wire';
import { Answers } from './answers.ts';
import type { ClientClock, ConnectionState, FrameTap, SocketLike } from './types.ts';

const BACKOFF = { baseMs: 500, maxMs: 20_000 };
const ANSWER_MS = 20_000;
const OPEN_MS = 15_000;
const PING_MS = 25_000;
const PONG_MS = 10_000;
const PONG_AWAKE_MS = 4000;
/** A renewal that failed is tried again after so long. */
const RENEW_AGAIN_MS = 1000;
const TIMER_MS_MAX = 2 ** 31 - 1;
/** Tokens in a row that may be refused, each newer than the one before. */
const REFUSALS_MAX = 3;

export interface ConnectionParts {
  readonly url: string;
  readonly encoding: FrameEncoding;
  readonly openSocket: (url: string, subprotocol: string) => SocketLike;
  readonly clock: ClientClock;
  readonly random: () => number;
  readonly client: string;
  readonly deviceId: string;
  /** A token that is good for a while, and another than the one that was refused. */
  readonly token: (refused?: string) => Promise<string>;
  /** When `token` gives a new one. */
  readonly renewAtMs: () => number;
  readonly onState: (state: ConnectionState) => void;
  /** A socket is open and hello is on its way. Ask for what was missed; resolve when it is here. */
  readonly onOpen: () => Promise<void>;
  /** hello was answered. */
  readonly onWelcome: (welcome: Welcome) => void;
  /** A frame that nobody waits for. */
  readonly onFrame: (frame: ServerFrame) => void;
  /** The socket is gone: what was sent on it may or may not have arrived. */
  readonly onDown: () => void;
  readonly onLoggedOut: (reason: string) => void;
  readonly onError: (error: Error) => void;
  readonly tap?: FrameTap | undefined;
}

const isEnded = (error: unknown): error is ClatterError =>
  error instanceof ClatterError && error.code === 'UNAUTHENTICATED';

export class Connection {
  readonly #parts: ConnectionParts;
  readonly #answers: Answers;
  #state: ConnectionState = 'offline';
  #wanted = false;
  #socket: SocketLike | undefined;
  /** Number of the newest try; older ones that still wait for their token give up. */
  #try = 0;
  /** Tries since a connection was live. */
  #failures = 0;
  #hintMs: number | undefined;
  #cancelRetry: (() => void) | undefined;
  #cancelPing: (() => void) | undefined;
  #cancelRenewal: (() => void) | undefined;
  #token: string | undefined;
  #refused: string | undefined;
  #refusals = 0;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#answers = new Answers(parts.clock);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  open(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#failures = 0;
    this.#refusals = 0;
    void this.#connect();
  }

  close(): void {
    this.#stop();
    this.#set('offline');
  }

  /** The network is back, or the program came to the front: do not wait out the back-off, nor trust a socket that looks open. */
  wake(): void {
    if (!this.#wanted) return;
    if (this.#socket) {
      if (this.#state === 'live' || this.#state === 'syncing') this.#ping(this.#socket, PONG_AWAKE_MS);
      return;
    }
    this.#failures = 0;
    void this.#connect();
  }

  /** Sends a frame that gets no answer; false where there is no socket. */
  tell(frame: Input<ClientFrame>): boolean {
    if (this.#socket?.readyState !== 1) return false;
    this.#parts.tap?.onSent(frame);
    this.#socket.send(encodeClientFrame(this.#parts.encoding, frame));
    return true;
  }

  /** Sends a frame and resolves with its answer. A reject is thrown as a ClatterError; so is UNAVAILABLE where no answer comes in time. */
  ask(frame: Input<ClientFrame>, answerMs = ANSWER_MS): Promise<ServerFrame> {
    return this.#answers.to((ref) => this.tell({ ...frame, ref }), answerMs);
  }

  async #connect(): Promise<void> {
    const { url, encoding, openSocket, token } = this.#parts;
    const number = ++this.#try;
    this.#cancelRetry?.();
    this.#set('connecting');
    try {
      const accessToken = await token(this.#refused);
      if (number !== this.#try || !this.#wanted) return;
      this.#token = accessToken;
    } catch (error) {
      if (number !== this.#try || !this.#wanted) return;
      return isEnded(error) ? this.#end(error) : this.#retry();
    }
    try {
      this.#use(openSocket(`${url.replace(/^http/, 'ws')}/v1/ws`, subprotocols[encoding]));
    } catch (error) {
      // The address is none.
      this.#end(error as Error);
    }
  }

  #use(socket: SocketLike): void {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    const cancelOpen = this.#parts.clock.timer(OPEN_MS, () => this.#drop(socket));
    socket.onopen = () => {
      cancelOpen();
      if (this.#socket !== socket) return socket.close(1000);
      void this.#hello(socket);
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

  async #hello(socket: SocketLike): Promise<void> {
    const { onOpen, onWelcome, onError } = this.#parts;
    try {
      const welcomed = this.#sayHello();
      // Behind hello in the same write: the server answers it after the welcome.
      const synced = onOpen();
      synced.catch(() => undefined);
      const welcome = await welcomed;
      if (this.#socket !== socket) return;
      this.#refused = undefined;
      this.#refusals = 0;
      this.#hintMs = undefined;
      this.#set('syncing');
      this.#pingLater(socket);
      this.#renewLater(socket);
      onWelcome(welcome);
      await synced;
      if (this.#socket !== socket) return;
      this.#failures = 0;
      this.#set('live');
    } catch (error) {
      if (this.#socket !== socket) return;
      if (!(error instanceof ClatterError)) onError(error as Error);
      // Whatever it was, a new socket starts over.
      this.#drop(socket);
    }
  }

  async #sayHello(): Promise<Welcome> {
    const { client, deviceId } = this.#parts;
    const { welcome } = await this.ask({ hello: { token: this.#token, deviceId, client } });
    if (!welcome) throw new ClatterError('INTERNAL', 'hello was answered with something else than welcome');
    return welcome;
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
    this.#parts.tap?.onReceived(frame);
    if (frame.goAway) {
      this.#hintMs = frame.goAway.reconnectAfterMs;
      return;
    }
    if (!this.#answers.take(frame)) this.#parts.onFrame(frame);
  }

  #onClose(code: number, reason: string): void {
    this.#down();
    if (!this.#wanted) return;
    if (code === 4502) {
      if (++this.#refusals > REFUSALS_MAX) return this.#end(new ClatterError('UNAUTHENTICATED', reason));
      this.#refused = this.#token;
      return this.#retry();
    }
    if (code === 4503) return this.#end(new ClatterError('UNAUTHENTICATED', reason || 'the session has ended'));
    if (!comesBack(code))
      return this.#end(new ClatterError('INVALID', `the server closed the socket with ${code}: ${reason}`));
    if (code >= 4000 && code < 4500 && /^\d+$/.test(reason)) this.#hintMs ??= Number(reason);
    this.#retry();
  }

  /** Ends a socket that is of no use any more, without waiting for the other side. */
  #drop(socket: SocketLike): void {
    if (this.#socket !== socket) return;
    socket.close();
    this.#onClose(1006, '');
  }

  /** Forgets the socket; whoever waits for an answer is told that none comes. */
  #down(): void {
    if (!this.#socket) return;
    this.#socket = undefined;
    this.#cancelPing?.();
    this.#cancelRenewal?.();
    const tell = this.#answers.giveUp();
    this.#parts.onDown();
    tell();
  }

  #retry(): void {
    this.#set('connecting');
    const { clock, random } = this.#parts;
    const ceiling = Math.min(BACKOFF.maxMs, BACKOFF.baseMs * 2 ** Math.min(this.#failures++, 10));
    const delayMs = this.#hintMs ?? Math.round(random() * ceiling);
    this.#hintMs = undefined;
    this.#cancelRetry = clock.timer(delayMs, () => void this.#connect());
  }

  #stop(): void {
    this.#wanted = false;
    this.#try++;
    this.#cancelRetry?.();
    const socket = this.#socket;
    this.#down();
    socket?.close(1000);
  }

  /** Trying again would not mend it. */
  #end(error: Error): void {
    this.#stop();
    this.#set('offline');
    if (isEnded(error)) this.#parts.onLoggedOut(error.message);
    else this.#parts.onError(error);
  }

  #pingLater(socket: SocketLike): void {
    this.#cancelPing?.();
    this.#cancelPing = this.#parts.clock.timer(PING_MS, () => this.#ping(socket, PONG_MS));
  }

  #ping(socket: SocketLike, pongMs: number): void {
    this.#cancelPing?.();
    this.ask({ ping: {} }, pongMs).then(
      () => this.#socket === socket && this.#pingLater(socket),
      () => this.#drop(socket),
    );
  }

  #renewLater(socket: SocketLike): void {
    const { clock, renewAtMs } = this.#parts;
    const delayMs = Math.min(TIMER_MS_MAX, Math.max(RENEW_AGAIN_MS, renewAtMs() - clock.nowMs()));
    this.#cancelRenewal = clock.timer(delayMs, () => void this.#renew(socket));
  }

  async #renew(socket: SocketLike): Promise<void> {
    try {
      const token = await this.#parts.token();
      if (this.#socket !== socket) return;
      if (token !== this.#token) {
        this.#token = token;
        await this.#sayHello();
      }
    } catch (error) {
      if (this.#socket === socket && isEnded(error)) return this.#end(error);
      // Auth is away for now: tried again, in the end by a reconnect.
    }
    if (this.#socket === socket) this.#renewLater(socket);
  }

  #set(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#parts.onState(state);
  }
}
