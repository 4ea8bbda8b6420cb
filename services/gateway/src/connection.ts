/**
 * One socket, as a state machine: connecting → authenticating → live → draining → closed.
 *
 * connecting:      waits for `hello`, so long; anything else ends it (4501).
 * authenticating:  the token is verified and the connection registered in presence; frames that come meanwhile wait.
 * live:            commands go to the log, reads to messages; events come by delivery. `hello` again renews the token.
 * draining:        the client was asked to reconnect elsewhere; all still works.
 * closed:          nothing is sent any more.
 */
import type { Command } from '@clatter/contracts/messages';
import type { Connection as Registered } from '@clatter/contracts/presence';
import { asClatterError, type Clock, type Logger } from '@clatter/runtime';
import {
  BadFrame,
  bodyOf,
  ClatterError,
  type ClientFrame,
  type CloseCode,
  closeKinds,
  encodeServerFrame,
  type FrameEncoding,
  type Input,
  InvalidFrame,
  parseClientFrame,
  type ServerFrame,
} from '@clatter/wire';
import { InFlight } from './command-router.ts';
import { commandOf } from './commands.ts';
import type { GatewayConfig } from './config.ts';
import { frameBytes } from './frame-bytes.ts';
import type { Hub } from './hub.ts';
import { Rate } from './rate.ts';
import type { RequestHandler } from './requests.ts';
import type { SocketWriter } from './socket-writer.ts';
import type { Identity, TokenVerifier } from './tokens.ts';

type State = 'connecting' | 'authenticating' | 'live' | 'draining' | 'closed';

/** What a connection needs of its socket. */
export interface ConnectionSocket {
  readonly writer: SocketWriter;
  /** Sends a close frame after what is queued, and ends the socket soon. */
  close(code: CloseCode, reason: string): void;
}

export interface ConnectionParts {
  readonly number: number;
  readonly encoding: FrameEncoding;
  readonly socket: ConnectionSocket;
  readonly hub: Hub;
  readonly requests: RequestHandler;
  readonly verifier: TokenVerifier;
  readonly config: GatewayConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly gatewayId: string;
}

/** Frames that may wait while the token is verified. */
const WAITING_MAX = 256;
/** A token is renewed a little late by slow clients. */
const TOKEN_GRACE_MS = 15_000;
/** Refused frames in a row until the socket is closed. */
const REFUSED_MAX = 5000;

const encoder = new TextEncoder();

export class Connection {
  readonly number: number;
  readonly encoding: FrameEncoding;
  readonly inFlight = new InFlight();
  /** People whose presence this socket is told of. */
  readonly watched = new Set<string>();
  identity: Identity | undefined;
  registered: Registered | undefined;
  #state: State = 'connecting';
  readonly #parts: ConnectionParts;
  readonly #rate: Rate;
  #refused = 0;
  #waiting: ClientFrame[] = [];
  #cancelHello: () => void;
  #cancelExpiry: (() => void) | undefined;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.number = parts.number;
    this.encoding = parts.encoding;
    this.#rate = new Rate(parts.config.CLATTER_GATEWAY_FRAMES_PER_SECOND, parts.clock.nowMs());
    this.#cancelHello = parts.clock.timer(parts.config.CLATTER_GATEWAY_HELLO_MS, () =>
      this.close(4501, 'want hello first, in time'),
    );
  }

  get state(): State {
    return this.#state;
  }

  /** A frame of the client, text or binary as it came. */
  onFrame(data: string | Uint8Array): void {
    if (this.#state === 'closed') return;
    let frame: ClientFrame;
    try {
      frame = parseClientFrame(this.encoding, data);
    } catch (error) {
      if (error instanceof BadFrame) return this.close(4500, error.message);
      if (error instanceof InvalidFrame) {
        if (this.#state === 'connecting') return this.close(4501, 'want hello first');
        return this.reject(error.ref, error);
      }
      throw error;
    }
    if (this.#state === 'connecting' && !frame.hello) return this.close(4501, 'want hello first');
    if (!this.#rate.take(this.#parts.clock.nowMs())) return this.#tooFast(frame.ref);
    this.#refused = 0;
    if (frame.hello) return void this.#hello(frame);
    if (this.#state !== 'authenticating') return this.#handle(frame);
    if (this.#waiting.length >= WAITING_MAX) return this.close(4008, '1000');
    this.#waiting.push(frame);
  }

  /** Bytes of a whole WebSocket frame. */
  write(bytes: Buffer): void {
    if (this.#state === 'closed') return;
    const { writer } = this.#parts.socket;
    if (writer.unsentBytes + bytes.length > this.#parts.config.CLATTER_GATEWAY_OUTBOX_BYTES_MAX)
      return this.close(4001, '0');
    writer.push(bytes);
  }

  send(frame: Input<ServerFrame>): void {
    const payload = encodeServerFrame(this.encoding, frame);
    this.write(typeof payload === 'string' ? frameBytes(encoder.encode(payload), false) : frameBytes(payload, true));
  }

  reject(ref: number, error: unknown): void {
    const { code, message, retryAfterMs } = asClatterError(error);
    if (code === 'INTERNAL') this.#parts.logger.error({ err: error }, 'a request failed');
    if (ref > 0 || code === 'INVALID') this.send({ ref, reject: { code, message, retryAfterMs } });
  }

  /** Asks the client to reconnect elsewhere. */
  drain(reconnectAfterMs: number): void {
    if (this.#state === 'closed') return;
    this.#state = this.#state === 'live' ? 'draining' : this.#state;
    this.send({ goAway: { reconnectAfterMs } });
  }

  close(code: CloseCode, reason: string): void {
    if (this.#state === 'closed') return;
    this.#parts.logger.debug({ connection: this.number, code, name: closeKinds[code].name }, 'a socket is closed');
    this.#parts.socket.close(code, reason);
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

  async #hello(frame: ClientFrame): Promise<void> {
    const { hub, verifier, clock, config, gatewayId } = this.#parts;
    const first = this.#state === 'connecting';
    if (this.#state === 'authenticating') return this.close(4501, 'want one hello at a time');
    if (first) {
      this.#state = 'authenticating';
      this.#cancelHello();
    }
    try {
      const identity = await verifier.verify(frame.hello?.token ?? '');
      if (this.#closed()) return;
      if (hub.isRevoked(identity)) return this.close(4503, 'the session has ended');
      if (!first && identity.userId !== this.identity?.userId)
        return this.close(4502, 'want a token of the same person');
      this.#setIdentity(identity);
      if (first) {
        this.registered = {
          userId: identity.userId,
          sessionId: identity.sessionId,
          gatewayId,
          connection: this.number,
          encoding: this.encoding,
          foreground: true,
          status: 'ONLINE',
          deviceId: (frame.hello?.deviceId ?? '').slice(0, 100),
        };
        // In the registry before the client syncs: an event is in the sync, or it comes live.
        await hub.add(this, this.registered);
        if (this.#closed()) return hub.remove(this);
        this.#state = 'live';
      }
      const limits = {
        textBytesMax: 16_384,
        frameBytesMax: config.CLATTER_GATEWAY_FRAME_BYTES_MAX,
        framesPerSecondMax: config.CLATTER_GATEWAY_FRAMES_PER_SECOND,
      };
      const connectionId = `${gatewayId}-${this.number}`;
      const { sessionId, userId } = identity;
      this.send({ ref: frame.ref, welcome: { sessionId, connectionId, userId, serverTimeMs: clock.nowMs(), limits } });
      for (const waiting of this.#waiting.splice(0)) this.#handle(waiting);
    } catch (error) {
      if (this.#closed()) return;
      const { code, message } = asClatterError(error);
      if (code === 'UNAUTHENTICATED' || code === 'TOKEN_EXPIRED') return this.close(4502, `${code}: ${message}`);
      this.#parts.logger.warn({ err: error }, 'a hello failed');
      this.close(4000, '1000');
    }
  }

  /** After an await: the socket may have gone meanwhile. */
  #closed(): boolean {
    return this.#state === 'closed';
  }

  #setIdentity(identity: Identity): void {
    this.identity = identity;
    this.#cancelExpiry?.();
    const left = identity.expiresAtMs + TOKEN_GRACE_MS - this.#parts.clock.nowMs();
    this.#cancelExpiry = this.#parts.clock.timer(Math.min(left, 2 ** 31 - 1), () =>
      this.close(4502, 'TOKEN_EXPIRED: want hello with a new token'),
    );
  }

  #handle(frame: ClientFrame): void {
    if (this.#state === 'closed') return;
    try {
      if (frame.send || frame.edit || frame.delete || frame.react) this.#command(frame);
      else this.#parts.requests.handle(this, frame, bodyOf(frame));
    } catch (error) {
      this.reject(frame.ref, error);
    }
  }

  #command(frame: ClientFrame): void {
    if (frame.ref === 0) throw new ClatterError('INVALID', 'ref: want more than 0 for a command');
    const { gatewayId, requests } = this.#parts;
    const command: Input<Command> & { conversationId: string; commandId: string } = {
      ...commandOf(frame),
      senderId: (this.identity as Identity).userId,
      replyTo: { gatewayId, connection: this.number, ref: frame.ref, encoding: this.encoding },
    };
    requests.router.produce(this.inFlight, command, (error) => this.reject(frame.ref, error));
  }

  #tooFast(ref: number): void {
    if (++this.#refused > REFUSED_MAX) return this.close(4008, '1000');
    this.reject(
      ref,
      new ClatterError('RATE_LIMITED', 'too many frames a second on this socket', { retryAfterMs: 1000 }),
    );
  }
}
