/**
 * Calls on one stream that stays open: the n-th answer belongs to the n-th request, so a call costs two messages and nothing else.
 * Requests of one turn leave in one write of the connection. When the stream breaks, all that wait for an answer reject with
 * UNAVAILABLE; the next call opens another, not before a back-off has passed.
 */
import { ClatterError } from '@clatter/wire';
import type * as grpc from '@grpc/grpc-js';
import { backoff } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { fromStatus } from './status.ts';

/** Calls without an answer, and their bytes; past these a call rejects with UNAVAILABLE. */
const CALLS_MAX = 10_000;
const BYTES_MAX = 32 << 20;
const REOPEN = { baseMs: 50, maxMs: 2000 };

type Stream = grpc.ClientDuplexStream<Uint8Array, Uint8Array>;

interface Call {
  readonly request: Uint8Array;
  readonly sinceMs: number;
  readonly resolve: (answer: Uint8Array) => void;
  readonly reject: (error: ClatterError) => void;
}

export interface StreamParts {
  readonly path: string;
  readonly open: () => Stream;
  readonly clock: Clock;
  readonly random: () => number;
  /** A stream that gives no answer for so long is broken. */
  readonly answerMs: number;
}

export class StreamCalls {
  readonly #parts: StreamParts;
  #stream: Stream | undefined;
  /** Waits for room on the connection (flow control), then for its answer. */
  #unwritten: Call[] = [];
  #unanswered: Call[] = [];
  #bytes = 0;
  #full = false;
  #failures = 0;
  #notBeforeMs = 0;
  #closed = false;
  #cancelTimer: (() => void) | undefined;

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  call(request: Uint8Array): Promise<Uint8Array> {
    const { path, clock } = this.#parts;
    const nowMs = clock.nowMs();
    const count = this.#unwritten.length + this.#unanswered.length;
    if (this.#closed) return refuse(`${path}: this client is closed`);
    if (!this.#stream && nowMs < this.#notBeforeMs)
      return refuse(`${path}: the stream broke; it is opened again in a moment`, this.#notBeforeMs - nowMs);
    if (count >= CALLS_MAX || (count > 0 && this.#bytes + request.length > BYTES_MAX))
      return refuse(`${path}: ${count} calls of ${this.#bytes} bytes wait for answers already`);
    return new Promise((resolve, reject) => {
      this.#unwritten.push({ request, sinceMs: nowMs, resolve, reject });
      this.#bytes += request.length;
      this.#stream ??= this.#open();
      this.#write();
    });
  }

  close(): void {
    this.#closed = true;
    const stream = this.#stream;
    if (!stream) return;
    const idle = this.#unanswered.length + this.#unwritten.length === 0;
    this.#break(stream, new ClatterError('UNAVAILABLE', `${this.#parts.path}: this client is closed`), idle);
  }

  #open(): Stream {
    const { path } = this.#parts;
    const stream = this.#parts.open();
    this.#full = false;
    stream.on('data', (answer: Uint8Array) => this.#onAnswer(stream, answer));
    stream.on('drain', () => {
      if (stream !== this.#stream) return;
      this.#full = false;
      this.#write();
    });
    stream.on('error', (error: grpc.ServiceError) => this.#break(stream, fromStatus(error, path), false));
    stream.on('end', () => {
      this.#break(stream, new ClatterError('UNAVAILABLE', `${path}: the other side ended the stream`), true);
    });
    return stream;
  }

  #write(): void {
    while (this.#stream && !this.#full) {
      const call = this.#unwritten.shift();
      if (!call) break;
      this.#unanswered.push(call);
      this.#full = !this.#stream.write(call.request);
    }
    this.#watchAnswers();
  }

  #onAnswer(stream: Stream, answer: Uint8Array): void {
    if (stream !== this.#stream) return;
    const call = this.#unanswered.shift();
    if (!call) {
      this.#break(stream, new ClatterError('INTERNAL', `${this.#parts.path}: an answer without a request`), false);
      return;
    }
    this.#failures = 0;
    this.#bytes -= call.request.length;
    call.resolve(answer);
  }

  /** One timer, however many calls: it looks at the oldest. */
  #watchAnswers(): void {
    if (this.#cancelTimer || !this.#unanswered[0]) return;
    const { clock, answerMs, path } = this.#parts;
    const waitMs = this.#unanswered[0].sinceMs + answerMs - clock.nowMs();
    this.#cancelTimer = clock.timer(Math.max(1, waitMs), () => {
      this.#cancelTimer = undefined;
      const oldest = this.#unanswered[0];
      if (this.#stream && oldest && clock.nowMs() - oldest.sinceMs >= answerMs)
        this.#break(this.#stream, new ClatterError('UNAVAILABLE', `${path}: no answer in ${answerMs} ms`), false);
      else this.#watchAnswers();
    });
  }

  /** @param inGoodOrder ends it instead of breaking it off: the other side learns that nothing was lost */
  #break(stream: Stream, error: ClatterError, inGoodOrder: boolean): void {
    if (stream !== this.#stream) return;
    const { clock, random, path } = this.#parts;
    this.#stream = undefined;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#notBeforeMs = clock.nowMs() + backoff(this.#failures++, REOPEN, random);
    // Whatever comes of it from here on concerns nobody.
    stream.on('error', () => undefined);
    if (inGoodOrder) stream.end();
    else stream.cancel();
    const [first, ...others] = [...this.#unanswered, ...this.#unwritten];
    this.#unanswered = [];
    this.#unwritten = [];
    this.#bytes = 0;
    // An error of the other side is about the request whose answer is due; of the rest nobody knows.
    first?.reject(error);
    const lost = new ClatterError('UNAVAILABLE', `${path}: the stream broke: ${error.message}`);
    for (const { reject } of others) reject(error.code === 'UNAVAILABLE' ? error : lost);
  }
}

const refuse = (message: string, retryAfterMs?: number): Promise<never> =>
  Promise.reject(new ClatterError('UNAVAILABLE', message, retryAfterMs === undefined ? {} : { retryAfterMs }));
