/** One socket of `ws`, as its connection sees it. `ws` reads and closes; frames are written to the stream below it, a turn at a time. */
import type { Duplex } from 'node:stream';
import type { Clock, Logger } from '@clatter/runtime';
import type { CloseCode } from '@clatter/wire';
import { WebSocket } from 'ws';
import type { Connection, ConnectionSocket } from './connection.ts';
import { pingBytes } from './frame-bytes.ts';
import { SocketWriter, type TurnEnd } from './socket-writer.ts';

/** After a close frame, the peer has so long to answer it. */
const CLOSE_MS = 2000;
/** Pongs that may be waited for at once; a peer that answers none of so many pings is dead. */
const PROBES_MAX = 10_000;

export interface ClientSocketParts {
  readonly webSocket: WebSocket;
  readonly stream: Duplex;
  readonly turnEnd: TurnEnd;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outboxBytesMax: number;
  /** A silent socket is pinged after so long, and let go after twice that. */
  readonly pingMs: number;
}

export class ClientSocket implements ConnectionSocket {
  readonly #parts: ClientSocketParts;
  readonly #webSocket: WebSocket;
  readonly #writer: SocketWriter;
  readonly #probes = new Map<number, () => void>();
  #nextProbe = 1;
  #heardAtMs: number;
  /** Whether a ping went out since it was heard last. */
  #pinged = false;
  #cancelPing: () => void = () => undefined;

  constructor(parts: ClientSocketParts) {
    this.#parts = parts;
    this.#webSocket = parts.webSocket;
    // Nothing may follow a close frame, whoever began to close.
    const isOpen = (): boolean => parts.webSocket.readyState === WebSocket.OPEN;
    this.#writer = new SocketWriter({ ...parts, sink: parts.stream, isOpen });
    this.#heardAtMs = parts.clock.nowMs();
  }

  /** Gives the connection what comes. */
  attach(connection: Connection, onClosed: () => void): void {
    const { clock, logger } = this.#parts;
    const heard = (): void => {
      this.#heardAtMs = clock.nowMs();
      this.#pinged = false;
    };
    this.#watch();
    this.#webSocket.on('message', (data: Buffer, isBinary: boolean) => {
      heard();
      try {
        connection.onFrame(isBinary ? data : data.toString('utf8'));
      } catch (error) {
        logger.error({ err: error, connection: connection.number }, 'a frame met a bug: its socket is closed');
        connection.close(4002, '1000');
      }
    });
    this.#webSocket.on('ping', heard);
    this.#webSocket.on('pong', (data: Buffer) => {
      heard();
      this.#onPong(data);
    });
    this.#webSocket.on('error', () => {
      // ws has sent its close frame: ours would come after it.
      this.#writer.end(true);
      connection.onClosed();
      this.#terminateSoon();
    });
    this.#webSocket.on('close', () => {
      this.#cancelPing();
      connection.onClosed();
      onClosed();
    });
  }

  get unsentBytes(): number {
    return this.#writer.unsentBytes;
  }

  write(frame: Buffer): boolean {
    return this.#writer.push(frame);
  }

  probe(received: () => void): void {
    if (this.#probes.size >= PROBES_MAX) return this.#webSocket.terminate();
    this.#probes.set(this.#nextProbe, received);
    this.#writer.push(pingBytes(this.#nextProbe++));
  }

  close(code: CloseCode, reason: string, drop = false): void {
    this.#writer.end(drop);
    this.#webSocket.close(code, cut(reason));
    this.#terminateSoon();
  }

  #onPong(data: Buffer): void {
    const probe = data.length === 4 ? data.readUInt32BE(0) : 0;
    const received = this.#probes.get(probe);
    this.#probes.delete(probe);
    received?.();
  }

  #watch(): void {
    const { clock, pingMs } = this.#parts;
    this.#cancelPing = clock.timer(pingMs, () => {
      const silentMs = clock.nowMs() - this.#heardAtMs;
      // A timer may fire a moment early: a peer that was not pinged yet is not dead.
      if (silentMs >= pingMs * 2 && this.#pinged) return this.#webSocket.terminate();
      if (silentMs >= pingMs) {
        this.#pinged = true;
        this.#writer.push(pingBytes(0));
      }
      this.#watch();
    });
  }

  #terminateSoon(): void {
    const cancel = this.#parts.clock.timer(CLOSE_MS, () => this.#webSocket.terminate());
    this.#webSocket.once('close', cancel);
  }
}

/** A close frame has room for 123 bytes of reason (RFC 6455 §5.5). */
function cut(reason: string): string {
  const bytes = Buffer.from(reason);
  return bytes.length <= 123 ? reason : bytes.subarray(0, 120).toString().replaceAll('\ufffd', '');
}
