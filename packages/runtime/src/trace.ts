/**
 * W3C trace context: a `traceparent` in every record and call, so that one message can be followed through the services.
 *
 * Where it is not hot (an HTTP request, a read of a socket, a batch of records) the trace is a context that calls and log lines find by
 * themselves. What is done for many at once goes under the trace of the first of them. A command has its trace as an argument instead: in
 * its record, and from there in what it makes.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomFillSync } from 'node:crypto';

const TRACE_BYTES = 16;
const SPAN_BYTES = 8;
const POOL = Buffer.alloc((TRACE_BYTES + SPAN_BYTES) * 512);
let used = POOL.length;

/** Random bytes are drawn for many at once. */
function randomHex(bytes: number): string {
  if (used + bytes > POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  used += bytes;
  return POOL.toString('hex', used - bytes, used);
}

/** A new trace, not sampled: `00-<trace id>-<span id>-00`. */
export function newTraceparent(): string {
  const hex = randomHex(TRACE_BYTES + SPAN_BYTES);
  return `00-${hex.slice(0, 2 * TRACE_BYTES)}-${hex.slice(2 * TRACE_BYTES)}-00`;
}

/** Later versions may put more behind the flags; version ff is none (W3C Trace Context, 3.2). */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?$/;

/** Goes on with the trace that a caller is in; begins a new one where what it sent is none. */
export function continueTrace(traceparent: string | undefined): string {
  // Only version 00 ends with the flags.
  const known = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
  if (!known || (known[3] !== undefined && traceparent?.startsWith('00'))) return newTraceparent();
  // Of the flags only `sampled` is passed on.
  const sampled = Number.parseInt(known[2] as string, 16) & 1;
  return `00-${known[1]}-${randomHex(SPAN_BYTES)}-0${sampled}`;
}

/** What log lines call it by. */
export const traceIdOf = (traceparent: string): string => traceparent.slice(3, 3 + 2 * TRACE_BYTES);

const context = new AsyncLocalStorage<string>();

/** Runs something, and whatever it begins, in a trace; undefined: in a new one. */
export const inTrace = <T>(traceparent: string | undefined, run: () => T): T =>
  context.run(traceparent ?? newTraceparent(), run);

/** The trace that this is done in; undefined outside of any. */
export const currentTraceparent = (): string | undefined => context.getStore();

/** For a record or a call: the trace that this is done in, or a new one. */
export const traceparent = (): string => context.getStore() ?? newTraceparent();
