/** What goes along with each call beside its message: the trace. The one place where it is put in and taken out. */
import * as grpc from '@grpc/grpc-js';
import { newTraceparent } from '../trace.ts';

const TRACEPARENT = 'traceparent';

/** For a call that begins. */
export function callMetadata(): grpc.Metadata {
  const metadata = new grpc.Metadata();
  metadata.set(TRACEPARENT, newTraceparent());
  return metadata;
}
