/** The calls of services that a process needs. */
import type { ServiceDescriptor } from '@clatter/wire';
import { type GrpcPeer, grpcPeer } from './client.ts';
import type { GrpcOptions } from './options.ts';

interface Waiting {
  onStop(close: () => unknown): void;
  waitFor<R>(what: string, attempt: () => Promise<R>): Promise<R>;
}

type Place = GrpcOptions & { readonly target: string };

/** Waits until one of its processes is connected; afterwards calls fail with UNAVAILABLE while there is none. */
export async function connectPeer(process: Waiting, what: string, options: Place): Promise<GrpcPeer> {
  const peer = grpcPeer(options);
  process.onStop(() => peer.close());
  await process.waitFor(`${what} at ${options.target}`, () => peer.connected());
  return peer;
}

/** The same, of processes with one service that matters here. */
export async function connect<T>(
  process: Waiting,
  what: string,
  descriptor: ServiceDescriptor<T>,
  options: Place,
): Promise<T> {
  return (await connectPeer(process, what, options)).calls(descriptor);
}
