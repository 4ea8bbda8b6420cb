/** A service for tests, over gRPC on a free port: it answers with what it got, or with what the test makes of it. */
import { History, type Input, type ServiceDescriptor } from '@clatter/wire';
import { createLogger } from '../logger.ts';
import type { Health } from '../service.ts';
import { type GrpcClient, grpcClient } from './client.ts';
import { grpcConfig } from './config.ts';
import { type GrpcOptions, loadGrpcOptions } from './options.ts';
import { type GrpcServer, serve, serveGrpc } from './server.ts';

export interface Echo {
  say(request: Input<History>): Promise<Input<History>>;
  look(request: Input<History>): Promise<Input<History>>;
  stream(request: Input<History>): Promise<Input<History>>;
}

const codecs = { request: History, response: History };
export const Echo: ServiceDescriptor<Echo> = {
  name: 'clatter.test.v1.EchoService',
  methods: {
    say: { rpc: 'Say', ...codecs, stream: false, read: false },
    look: { rpc: 'Look', ...codecs, stream: false, read: true },
    stream: { rpc: 'Stream', ...codecs, stream: true, read: false },
  },
};

export const plain: GrpcOptions = loadGrpcOptions(grpcConfig.parse({}));
const echo = async (request: Input<History>): Promise<Input<History>> => request;

/** What a test opened; closed in reverse. */
export class EchoNet implements AsyncDisposable {
  readonly #closers: (() => unknown)[] = [];
  lost = 0;

  async serve(implementation: Partial<Echo> = {}, options: Partial<GrpcOptions> = {}, port = 0, ready?: () => Health) {
    const whole: Echo = { say: echo, look: echo, stream: echo, ...implementation };
    const server: GrpcServer = await serveGrpc({
      ...plain,
      ...options,
      host: '127.0.0.1',
      port,
      portSetting: 'CLATTER_TEST_GRPC_PORT',
      services: [
        serve(
          Echo,
          () => whole,
          () => this.lost++,
        ),
      ],
      ready: ready ?? (() => ({ ok: true, reasons: [] })),
      logger: createLogger({ service: 'test', level: 'silent' }),
    });
    this.#closers.push(() => server.close());
    return server;
  }

  client(target: string | number, options: Partial<GrpcOptions> = {}): GrpcClient<Echo> {
    const client = grpcClient(Echo, {
      ...plain,
      ...options,
      target: typeof target === 'number' ? `127.0.0.1:${target}` : target,
    });
    this.#closers.push(() => client.close());
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
  }
}

export const sleepMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleepMs(10);
}
