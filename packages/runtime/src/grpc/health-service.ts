/** grpc.health.v1 (https://github.com/grpc/grpc/blob/master/doc/health-checking.md), from the same word as /readyz. */
import { Reader } from '@clatter/wire';
import * as grpc from '@grpc/grpc-js';
import type { Health } from '../service.ts';

/** HealthCheckResponse.ServingStatus. */
const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;
const LOOK_AGAIN_MS = 500;

const asIs = (bytes: Uint8Array): Buffer => bytes as Buffer;
const codecs = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };

export const healthDefinition = {
  check: { path: '/grpc.health.v1.Health/Check', requestStream: false, responseStream: false, ...codecs },
  watch: { path: '/grpc.health.v1.Health/Watch', requestStream: false, responseStream: true, ...codecs },
} satisfies grpc.ServiceDefinition;

/** @param names the services of this server; the empty name stands for all */
export function healthService(names: ReadonlySet<string>, ready: () => Health): grpc.UntypedServiceImplementation {
  const status = (request: Uint8Array): number => {
    const name = serviceOf(request);
    if (name !== '' && !names.has(name)) return SERVICE_UNKNOWN;
    return ready().ok ? SERVING : NOT_SERVING;
  };
  return {
    check(call: grpc.ServerUnaryCall<Uint8Array, Uint8Array>, callback: grpc.sendUnaryData<Uint8Array>) {
      const now = status(call.request);
      if (now === SERVICE_UNKNOWN) callback({ code: grpc.status.NOT_FOUND, details: 'there is no such service here' });
      else callback(null, response(now));
    },
    watch(call: grpc.ServerWritableStream<Uint8Array, Uint8Array>) {
      let told = 0;
      const look = (): void => {
        const now = status(call.request);
        if (now !== told) call.write(response(now));
        told = now;
      };
      look();
      const timer = setInterval(look, LOOK_AGAIN_MS);
      call.on('cancelled', () => clearInterval(timer));
      call.on('close', () => clearInterval(timer));
    },
  };
}

/** HealthCheckRequest{string service = 1}. */
function serviceOf(request: Uint8Array): string {
  const reader = Reader.create(request);
  let name = '';
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 10) name = reader.string();
    else reader.skipType(tag & 7);
  }
  return name;
}

/** HealthCheckResponse{ServingStatus status = 1}. */
const response = (status: number): Uint8Array => Buffer.from([8, status]);
