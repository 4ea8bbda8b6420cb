/**
 * One socket, as a state machine: connecting → authenticating → live → draining → closed.
 *
 * connecting:      waits for `hello`, so long; anything else ends it (4501).
 * authenticating:  the token is verified and the connection registered in presence; frames that come meanwhile wait.
 * live:            commands go to the log, reads to messages; events come by delivery. `hello` again renews the token.
 * draining:        the client was asked to reconnect elsewhere; all still works.
 * closed:          nothing is sent any more.
 */
import type { Connection as Registered } from '@clatter/contracts/presence';
import { asClatterError, type Clock, forClient, inTrace, type Logger, newTraceparent } from '@clatter/runtime';
import {
  BadFrame,
  bodyOf,
  ClatterError,
  type ClientFrame,
  type CloseCode,
  closeKinds,
  encodeServerFrame,
  type Forward,
  type FrameEncoding,
  type Input,
  InvalidFrame,
  parseClientFrame,
  type ServerFrame,
} from '@clatter/wire';
import { InFlight, type Submission } from './command-router.ts';
import { commandOf, forwardOf, isCommand } from './commands.ts';
import type { GatewayConfig } from './config.ts';
import { TEXT_BYTES_MAX } from './contents.ts';
import { frameBytes, textFrameBytes } from './frame-bytes.ts';
import { HeldCommands } from './held-commands.ts';
import type { Hub } from './hub.ts';
import type { OutageLog } from './outage-log.ts';
import { aboutOf, OwnStandings } from './own-standing.ts';
import { Rate } from './rate.ts';
import type { RequestHandler } from './requests.ts';
import { addressedBy } from './schedules.ts';
import { type Identity, type TokenVerifier, unverified } from './tokens.ts';

type State = 'connecting' | 'authenticating' | 'live' | 'draining' | 'closed';

/** What a connection needs of its socket. */
export interface ConnectionSocket {
  /** Bytes of frames that the kernel has not taken. */
  readonly unsentBytes: number;
  /** Queues one whole WebSocket frame; false where too much is unsent already. */
  write(frame: Buffer): boolean;
  /** Calls back once the peer has received all that was written so far; what it sent before that has been read then. */
  probe(received: () => void): void;
  /** Sends a close frame and ends the socket soon. What is queued goes out before, unless it is dropped. */
  close(code: CloseCode, reason: string, drop: boolean): void;
}

export interface ConnectionParts {
  readonly number: number;
  readonly encoding: FrameEncoding;
  readonly socket: ConnectionSocket;
  readonly hub: Hub;
  readonly requests: RequestHandler;
  readonly verifier: Pick<TokenVerifier, 'verify'>;
  readonly config: GatewayConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outages: OutageLog;
  readonly gatewayId: string;
}

/** Frames that may wait while the token is verified, and their bytes. */
const WAITING_MAX = 2000;
const WAITING_BYTES_MAX = 1 << 20;
/** A token is renewed a little late by slow clients. */
const TOKEN_GRACE_MS = 5000;
/** Once a refusal has arrived, its client has so long to notice it before what it sends counts as sent in knowledge of it. */
const NOTICE_MS = 750;
const RECONNECT_HINT_MS = 1000;
/** A command that waited so long for what another one speaks of is refused, like one that the log does not take (rule 5). */
const HELD_MS = 30_000;

export class Connection {
  readonly number: number;
  readonly encoding: FrameEncoding;
  readonly inFlight = new InFlight((unblock) => this.#onceRead(unblock));
  /** People whose presence this socket is told of. */
  readonly watched = new Set<string>();
  /** Those of them whom its user may not see, or of whom that is not known yet. */
  readonly unseen = new Set<string>();
  identity: Identity | undefined;
  registered: Registered | undefined;
  /** A resync frame is on its way. */
  resyncOwed = false;
  #state: State = 'connecting';
  readonly #parts: ConnectionParts;
  readonly #socket: ConnectionSocket;
  readonly #held = new HeldCommands();
  readonly #standings = new OwnStandings();
  readonly #rate: Rate;
  /** What may be refused for its rate until the socket is closed. */
  readonly #patience: Rate;
  #waiting: ClientFrame[] = [];
  #waitingBytes = 0;
  #drainAfterMs: number | undefined;
  #cancelHello: () => void;
  #cancelExpiry: (() => void) | undefined;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#socket = parts.socket;
    this.number = parts.number;
    this.encoding = parts.encoding;
    const { CLATTER_GATEWAY_FRAMES_PER_SECOND: perSecond, CLATTER_GATEWAY_HELLO_MS: helloMs } = parts.config;
    const now = parts.clock.nowMs();
    this.#rate = new Rate(perSecond, perSecond, now);
    this.#patience = new Rate(perSecond / 10, perSecond * 2, now);
    this.#cancelHello = parts.clock.timer(helloMs, () => this.close(4501, 'want hello first, in time'));
  }

  get state(): State {
    return this.#state;
  }

  /** Whether hello was answered and the socket is open. */
  get isLive(): boolean {
    return this.#state === 'live' || this.#state === 'draining';
  }

  get unsentBytes(): number {
    return this.#socket.unsentBytes;
  }

  /** A frame of the client, text or binary as it came. */
  onFrame(data: string | Uint8Array): void {
    if (this.#state === 'closed') return;
    const allowed = this.#rate.take(this.#parts.clock.nowMs());
    let frame: ClientFrame;
    try {
      frame = parseClientFrame(this.encoding, data);
    } catch (error) {
      if (error instanceof BadFrame) return this.close(4500, error.message);
      if (!(error instanceof InvalidFrame)) throw error;
      if (this.#state === 'connecting' && error.body !== 'hello') return this.close(4501, 'want hello first');
      return allowed ? this.reject(error.ref, error) : this.#tooFast(error.ref);
    }
    if (this.#state === 'connecting' && !frame.hello) return this.close(4501, 'want hello first');
    if (!allowed) return this.#tooFast(frame.ref, frame);
    if (this.#state === 'authenticating') return this.#wait(frame, data.length);
    this.#handle(frame);
  }

  /** Bytes of a whole WebSocket frame, of delivery: what comes before `welcome` is in the client's first sync. */
  write(bytes: Buffer): void {
    if (this.isLive) this.#push(bytes);
  }

  send(frame: Input<ServerFrame>): void {
    if (this.#state === 'closed') return;
    const payload = encodeServerFrame(this.encoding, frame);
    this.#push(typeof payload === 'string' ? textFrameBytes(payload) : frameBytes(payload, true));
  }

  reject(ref: number, error: unknown): void {
    const { code, message, retryAfterMs } = forClient(error);
    if (code === 'INTERNAL') this.#parts.logger.error({ err: error }, 'a request failed');
    else this.#parts.outages.note(error);
    if (ref > 0 || code === 'INVALID') this.send({ ref, reject: { code, message, retryAfterMs } });
  }

  /** Asks the client to reconnect elsewhere. */
  drain(reconnectAfterMs: number): void {
    if (!this.isLive) {
      this.#drainAfterMs = reconnectAfterMs;
      return;
    }
    this.#state = 'draining';
    this.send({ goAway: { reconnectAfterMs } });
  }

  close(code: CloseCode, reason: string): void {
    if (this.#state === 'closed') return;
    this.#parts.logger.debug({ connection: this.number, code, name: closeKinds[code].name }, 'a socket is closed');
    this.#socket.close(code, reason, code === 4001);
    this.onClosed();
  }

  /** The socket has ended, whoever began it. */
  onClosed(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#cancelHello();
    this.#cancelExpiry?.();
    this.#waiting = [];
    this.#parts.hub.remove(this);
  }

  #push(bytes: Buffer): void {
    if (!this.#socket.write(bytes)) this.close(4001, '0');
  }

  #wait(frame: ClientFrame, bytes: number): void {
    this.#waitingBytes += bytes;
    if (this.#waiting.length >= WAITING_MAX || this.#waitingBytes > WAITING_BYTES_MAX)
      return this.close(4008, String(RECONNECT_HINT_MS));
    this.#waiting.push(frame);
  }

  #handle(frame: ClientFrame): void {
    if (this.#state === 'closed') return;
    try {
      if (frame.hello) void inTrace(newTraceparent(), () => this.#hello(frame));
      else if (isCommand(frame)) this.#command(frame);
      else this.#parts.requests.handle(this, frame, bodyOf(frame));
    } catch (error) {
      this.reject(frame.ref, error);
    }
  }

  async #hello(frame: ClientFrame): Promise<void> {
    const { verifier, logger, outages } = this.#parts;
    const first = this.#state === 'connecting';
    if (first) {
      this.#state = 'authenticating';
      this.#cancelHello();
    }
    try {
      const identity = await verifier.verify(frame.hello?.token ?? '');
      if (this.#isClosed()) return;
      if (first) await this.#authenticated(identity, frame.hello?.deviceId ?? '');
      else this.#renewed(identity);
      if (this.#isClosed()) return;
      this.#welcome(frame.ref, identity);
    } catch (error) {
      if (this.#isClosed()) return;
      const { code, message } = asClatterError(error);
      if (code === 'UNAUTHENTICATED' || code === 'TOKEN_EXPIRED') return this.close(4502, `${code}: ${message}`);
      if (code === 'UNAVAILABLE') outages.note(error);
      else logger.warn({ err: error }, 'a hello failed');
      this.close(4000, String(RECONNECT_HINT_MS));
    }
  }

  /** After an await: the socket may have gone meanwhile. */
  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  async #authenticated(identity: Identity, deviceId: string): Promise<void> {
    const { hub, gatewayId } = this.#parts;
    if (hub.isEnded(identity)) return this.close(4503, 'the session has ended');
    this.#setIdentity(identity);
    this.registered = {
      userId: identity.userId,
      sessionId: identity.sessionId,
      gatewayId,
      connection: this.number,
      encoding: this.encoding,
      foreground: true,
      status: 'ONLINE',
      deviceId: deviceId.slice(0, 100).toWellFormed(),
    };
    // In the registry before the client syncs: an event is in the sync, or it comes live.
    await hub.add(this, this.registered);
  }

  #renewed(identity: Identity): void {
    if (this.#parts.hub.isEnded(identity)) return this.close(4503, 'the session has ended');
    const { userId, sessionId } = this.identity as Identity;
    if (identity.userId !== userId || identity.sessionId !== sessionId)
      throw new ClatterError('UNAUTHENTICATED', 'token: want one of the same session');
    this.#setIdentity(identity);
  }

  #setIdentity(identity: Identity): void {
    this.identity = identity;
    this.#cancelExpiry?.();
    const left = identity.expiresAtMs + TOKEN_GRACE_MS - this.#parts.clock.nowMs();
    this.#cancelExpiry = this.#parts.clock.timer(Math.min(left, 2 ** 31 - 1), () =>
      this.close(4502, 'TOKEN_EXPIRED: want hello with a new token in time'),
    );
  }

  #welcome(ref: number, { sessionId, userId }: Identity): void {
    const { clock, config, gatewayId } = this.#parts;
    const limits = {
      textBytesMax: TEXT_BYTES_MAX,
      frameBytesMax: config.CLATTER_GATEWAY_FRAME_BYTES_MAX,
      framesPerSecondMax: config.CLATTER_GATEWAY_FRAMES_PER_SECOND,
    };
    const connectionId = `${gatewayId}-${this.number}`;
    if (!this.isLive) this.#state = 'live';
    this.send({ ref, welcome: { sessionId, connectionId, userId, serverTimeMs: clock.nowMs(), limits } });
    if (this.#drainAfterMs !== undefined) this.drain(this.#drainAfterMs);
    this.#drainAfterMs = undefined;
    for (const waiting of this.#waiting.splice(0)) this.#handle(waiting);
  }

  #command(frame: ClientFrame): void {
    const { router } = this.#parts.requests;
    const submission = this.#submissionOf(frame);
    const read = this.#readFor(submission, forwardOf(frame));
    const refuse = (error: unknown): void => this.reject(frame.ref, error);
    if (!read && this.#held.isEmpty) return router.produce(this.inFlight, submission, refuse);
    const sinceMs = this.#parts.clock.nowMs();
    const produce = (found?: Partial<Submission>): void => {
      const late = this.#parts.clock.nowMs() - sinceMs > HELD_MS;
      const error = new ClatterError('UNAVAILABLE', 'what a command before this one speaks of was not read in time');
      if (late) router.refuse(this.inFlight, submission, refuse, error);
      else router.produce(this.inFlight, { ...submission, ...found }, refuse);
    };
    const produceRead = async (found: Promise<Partial<Submission>>): Promise<void> => {
      try {
        produce(await found);
      } catch (error) {
        router.refuse(this.inFlight, submission, refuse, asClatterError(error));
      }
    };
    const held = this.#held.add(submission.conversationId, () => (read ? produceRead(read()) : produce()));
    const many = new ClatterError('RATE_LIMITED', 'too many commands of this connection wait');
    if (!held) router.refuse(this.inFlight, submission, refuse, many);
  }

  /** Reads what a command cannot go to the log without; undefined where there is nothing to read. */
  #readFor(submission: Submission, forward: Forward | undefined): (() => Promise<Partial<Submission>>) | undefined {
    const { requests } = this.#parts;
    const { conversationId, send } = submission;
    if (forward)
      return async () => ({ send: { ...send, ...(await requests.readForward(this, conversationId, forward)) } });
    const about = aboutOf(submission);
    if (about === undefined || this.#standings.has(about)) return undefined;
    return async () => {
      const refusal = await requests.readStanding(this, about);
      if (!refusal) this.#standings.add(about);
      return { refusal };
    };
  }

  /** Throws INVALID. */
  #submissionOf(frame: ClientFrame): Submission {
    if (frame.ref === 0) throw new ClatterError('INVALID', 'ref: want more than 0 for a command');
    const { userId, mayChat } = this.identity as Identity;
    if (!mayChat) throw unverified();
    return {
      ...addressedBy(commandOf(frame, userId), userId),
      replyTo: {
        gatewayId: this.#parts.gatewayId,
        connection: this.number,
        ref: frame.ref,
        encoding: this.encoding,
      },
    };
  }

  /** A command that is refused for its rate holds up what follows it in its conversation, like any other refusal that passes. */
  #tooFast(ref: number, frame?: ClientFrame): void {
    if (!this.#patience.take(this.#parts.clock.nowMs())) return this.close(4008, String(RECONNECT_HINT_MS));
    const error = new ClatterError('RATE_LIMITED', 'too many frames a second on this socket', {
      retryAfterMs: RECONNECT_HINT_MS,
    });
    if (!this.isLive || !frame || !isCommand(frame)) return this.reject(ref, error);
    try {
      const refuse = (refusal: ClatterError): void => this.reject(ref, refusal);
      this.#parts.requests.router.refuse(this.inFlight, this.#submissionOf(frame), refuse, error);
    } catch (invalid) {
      this.reject(ref, invalid);
    }
  }

  #onceRead(then: () => void): void {
    this.#socket.probe(() => {
      this.#parts.clock.timer(NOTICE_MS, then);
    });
  }
}
