/** Serves implementations of generated interfaces over gRPC. There is no reflection: what can be called is not told to strangers. */
import type { MethodDescriptor, ServiceDescriptor } from '@clatter/wire';
import * as grpc from '@grpc/grpc-js';
import type { Logger } from '../logger.ts';
import { asClatterError } from '../problem.ts';
import { type Health, listenError } from '../service.ts';
import { inCallersTrace } from './call-metadata.ts';
import { healthDefinition, healthService } from './health-service.ts';
import { type GrpcOptions, MESSAGE_BYTES_MAX } from './options.ts';
import { toStatus } from './status.ts';
import { answerStream } from './stream-answers.ts';

/** Calls under way may take so long when the server closes. */
const CLOSE_MS = 5000;

/** A service and who implements it. */
export interface Served {
  readonly name: string;
  readonly methods: Readonly<Record<string, MethodDescriptor>>;
  readonly implementation: () => Readonly<Record<string, (request: never) => Promise<unknown>>>;
  readonly onLost: () => void;
}

/**
 * @param implementation whoever implements it at the moment of a call
 * @param onLost a stream of a caller was broken off: what it sent last may have been lost
 */
export function serve<T>(
  descriptor: ServiceDescriptor<T>,
  implementation: () => T,
  onLost = (): void => undefined,
): Served {
  return {
    name: descriptor.name,
    methods: descriptor.methods as Served['methods'],
    implementation: implementation as Served['implementation'],
    onLost,
  };
}

export interface GrpcServer {
  readonly port: number;
  /** Answers what was taken, then closes. */
  close(): Promise<void>;
}

export async function serveGrpc(
  options: GrpcOptions & {
    readonly host: string;
    readonly port: number;
    /** The setting of the port, for errors. */
    readonly portSetting: string;
    readonly services: readonly Served[];
    readonly ready: () => Health;
    readonly logger: Logger;
  },
): Promise<GrpcServer> {
  const { host, services, ready, logger } = options;
  const server = new grpc.Server({
    'grpc.keepalive_time_ms': options.keepAliveMs,
    'grpc.keepalive_timeout_ms': options.keepAliveMs,
    'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  });
  const streamEnds = new Set<() => Promise<void>>();
  for (const served of services) {
    const definition: Record<string, grpc.MethodDefinition<Uint8Array, Uint8Array>> = {};
    const handlers: Record<string, grpc.UntypedHandleCall> = {};
    for (const [name, method] of Object.entries(served.methods)) {
      const path = `/${served.name}/${method.rpc}`;
      const { stream } = method;
      definition[name] = { path, requestStream: stream, responseStream: stream, ...codecs };
      const run = async (request: never): Promise<unknown> => {
        const implementation = served.implementation();
        return implementation[name]?.call(implementation, request);
      };
      const onError = (error: unknown): void => {
        if (asClatterError(error).code === 'INTERNAL') logger.error({ err: error, path }, 'a call failed');
      };
      handlers[name] = stream
        ? (call: grpc.ServerDuplexStream<Uint8Array, Uint8Array>) => {
            const end = answerStream(call, { method, run, onLost: served.onLost, onError });
            streamEnds.add(end);
            call.on('close', () => streamEnds.delete(end));
          }
        : (call: grpc.ServerUnaryCall<Uint8Array, Uint8Array>, callback: grpc.sendUnaryData<Uint8Array>) => {
            inCallersTrace(call.metadata, async () =>
              method.response.encode((await run(method.request.decode(call.request) as never)) as never),
            ).then(
              (answer) => callback(null, answer),
              (error: unknown) => {
                onError(error);
                callback(toStatus(error));
              },
            );
          };
    }
    server.addService(definition, handlers);
  }
  let closing = false;
  const health = (): Health => (closing ? { ok: false, reasons: ['the process stops'] } : ready());
  server.addService(healthDefinition, healthService(new Set(services.map(({ name }) => name)), health));

  const port = await listen(server, options);
  return {
    port,
    async close() {
      closing = true;
      const done = Promise.all([
        new Promise<void>((resolve) => server.tryShutdown(() => resolve())),
        ...[...streamEnds].map((end) => end()),
      ]);
      let force: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        force = setTimeout(resolve, CLOSE_MS);
      });
      await Promise.race([done, late]);
      clearTimeout(force);
      server.forceShutdown();
      logger.debug({ host, port }, 'the gRPC server is closed');
    },
  };
}

function listen(
  grpcServer: grpc.Server,
  options: GrpcOptions & { readonly host: string; readonly port: number; readonly portSetting: string },
): Promise<number> {
  const { host, port, portSetting, server: credentials } = options;
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    grpcServer.bindAsync(address, credentials, (error, bound) => {
      if (error) reject(listenError(withCode(error), host, port, portSetting));
      else resolve(bound);
    });
  });
}

/** The library tells the reason in its message alone. */
function withCode(error: Error): Error {
  const code = /\b(E[A-Z]{4,})\b/.exec(error.message)?.[1];
  return code === undefined ? error : Object.assign(new Error(error.message, { cause: error }), { code });
}

const asIs = (bytes: Uint8Array): Buffer => bytes as Buffer;
const codecs = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };
