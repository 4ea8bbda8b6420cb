/** What goes along with each call beside its message: the trace. The one place where it is put in and taken out. */
import * as grpc from '@grpc/grpc-js';
import { continueTrace, inTrace, traceparent } from '../trace.ts';

const TRACEPARENT = 'traceparent';

/** For a call that begins; a stream has that of its first request. */
export function callMetadata(): grpc.Metadata {
  const metadata = new grpc.Metadata();
  metadata.set(TRACEPARENT, traceparent());
  return metadata;
}

/** Runs what a call asks for in the trace of its caller. */
export function inCallersTrace<T>(metadata: grpc.Metadata, run: () => T): T {
  const [sent] = metadata.get(TRACEPARENT);
  return inTrace(continueTrace(typeof sent === 'string' ? sent : undefined), run);
}
