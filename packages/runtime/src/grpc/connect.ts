/** The calls of a service that a process needs. */
import type { ServiceDescriptor } from '@clatter/wire';
import { grpcClient } from './client.ts';
import type { GrpcOptions } from './options.ts';

/** Waits until one of its processes is connected; afterwards calls fail with UNAVAILABLE while there is none. */
export async function connect<T>(
  process: { onStop(close: () => unknown): void; waitFor<R>(what: string, attempt: () => Promise<R>): Promise<R> },
  what: string,
  descriptor: ServiceDescriptor<T>,
  options: GrpcOptions & { readonly target: string },
): Promise<T> {
  const client = grpcClient(descriptor, options);
  process.onStop(() => client.close());
  await process.waitFor(`${what} at ${options.target}`, () => client.connected());
  return client.calls;
}
