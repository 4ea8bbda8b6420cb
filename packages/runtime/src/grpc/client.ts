/** Calls of a service in another process: the generated interface, as a direct call has it. */
import { ClatterError, type Input, type MethodDescriptor, type ServiceDescriptor } from '@clatter/wire';
import * as grpc from '@grpc/grpc-js';
import { type Clock, systemClock } from '../clock.ts';
import { callMetadata } from './call-metadata.ts';
import { openChannel } from './channel.ts';
import type { GrpcOptions } from './options.ts';
import { RetryBudget } from './retry-budget.ts';
import { StreamCalls } from './stream-calls.ts';
import { unaryCall } from './unary-call.ts';

/** One try to connect. */
const CONNECT_MS = 2000;
const ASK_WHY_MS = 500;
/** Of no service: it is only made where nobody is connected. */
const NO_CALL = '/';

/** The processes of one kind, reached over one channel, whatever services they have. */
export interface GrpcPeer {
  /** Each call rejects with the ClatterError that the implementation threw, or UNAVAILABLE where it cannot be reached or does not answer in time. */
  calls<T>(descriptor: ServiceDescriptor<T>): T;
  /** Resolves when one of the processes is connected; rejects with UNAVAILABLE where none is in time. */
  connected(): Promise<void>;
  /** Ends streams in good order; what still waits for an answer rejects with UNAVAILABLE. */
  close(): void;
}

export interface GrpcClient<T> extends Omit<GrpcPeer, 'calls'> {
  readonly calls: T;
}

export type GrpcPeerOptions = GrpcOptions & {
  readonly target: string;
  readonly clock?: Clock;
  readonly random?: () => number;
};

/** Of processes with one service. */
export function grpcClient<T>(descriptor: ServiceDescriptor<T>, options: GrpcPeerOptions): GrpcClient<T> {
  const peer = grpcPeer(options);
  return { ...peer, calls: peer.calls(descriptor) };
}

export function grpcPeer(options: GrpcPeerOptions): GrpcPeer {
  const { deadlineMs, clock = systemClock, random = Math.random } = options;
  const channel = openChannel(options.target, options);
  const budget = new RetryBudget();
  const streams: StreamCalls[] = [];
  return {
    calls<T>(descriptor: ServiceDescriptor<T>): T {
      const calls: Record<string, (request: Input<unknown>) => Promise<Input<unknown>>> = {};
      for (const [name, method] of Object.entries<MethodDescriptor>(descriptor.methods)) {
        const path = `/${descriptor.name}/${method.rpc}`;
        if (method.stream) {
          const open = () => channel.makeBidiStreamRequest(path, asIs, asIs, callMetadata());
          const stream = new StreamCalls({ path, open, clock, random, answerMs: deadlineMs });
          streams.push(stream);
          calls[name] = async (request) =>
            method.response.decode(await stream.call(method.request.encode(request))) as never;
        } else {
          const parts = { channel, path, deadlineMs, budget: method.read ? budget : undefined, clock, random };
          calls[name] = async (request) =>
            method.response.decode(await unaryCall(parts, method.request.encode(request))) as never;
        }
      }
      return calls as T;
    },
    connected: () =>
      new Promise((resolve, reject) => {
        channel.waitForReady(Date.now() + CONNECT_MS, (error) => {
          if (!error) return resolve();
          whyUnreachable(channel, (reason) => {
            const said = `nobody answers at ${options.target}${reason && `: ${reason}`}`;
            reject(new ClatterError('UNAVAILABLE', said, { cause: error }));
          });
        });
      }),
    close() {
      for (const stream of streams) stream.close();
      channel.close();
    },
  };
}

/** A channel knows why it is not connected, and tells those alone who call. */
function whyUnreachable(channel: grpc.Client, tell: (reason: string) => void): void {
  try {
    const deadline = Date.now() + ASK_WHY_MS;
    channel.makeUnaryRequest(NO_CALL, asIs, asIs, Buffer.alloc(0), { deadline }, (error) => {
      const why = error?.code === grpc.status.UNAVAILABLE ? error.details : '';
      const last = why.replace(/^.*Last error: (Error: )?/s, '').replace(/\. Resolution note: .*$/s, '');
      tell(
        last.replace(
          /^Failed to connect .*/,
          'it ended the connection at once; it may want another certificate, or none',
        ),
      );
    });
  } catch {
    // It was closed meanwhile.
    tell('');
  }
}

/** Messages are encoded by their codecs before the library sees them, so that their bytes can be counted. */
const asIs = (bytes: Uint8Array): Buffer => bytes as Buffer;
