/** Settings of the calls between services that are separate processes. */
import { z } from 'zod';

const file = (what: string) => z.string().default('').describe(what);

export const grpcConfig = z.object({
  CLATTER_GRPC_TLS_CA: file('File of the CA (PEM) that the certificates of all services come from; empty: no TLS'),
  CLATTER_GRPC_TLS_CERT: file('File of the certificate (PEM) of this process, shown to those who call and are called'),
  CLATTER_GRPC_TLS_KEY: file('File of its private key (PEM)'),
  CLATTER_GRPC_TLS_CLIENTS: z
    .enum(['certificate', 'any'])
    .default('certificate')
    .describe('Who may call over TLS: those with a certificate of the CA, or any'),
  CLATTER_GRPC_TLS_NAME: z
    .string()
    .default('')
    .describe('Name that certificates of called services must have; empty: the host that is called'),
  CLATTER_GRPC_DEADLINE_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(600_000)
    .default(10_000)
    .describe('A call to another service fails after so long'),
  CLATTER_GRPC_KEEPALIVE_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(3_600_000)
    .default(5000)
    .describe('A connection between services is probed so often, and is broken where nothing comes back for as long'),
});

export type GrpcConfig = z.infer<typeof grpcConfig>;

const HOST_PORT = String.raw`(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}`;
const TARGET = new RegExp(`^(dns:///${HOST_PORT}|(ipv4:|ipv6:)?${HOST_PORT}(,${HOST_PORT})*)$`);

/** A setting that says where a service is called. */
export const grpcTarget = (fallback: string, what: string) =>
  z
    .string()
    .regex(TARGET, 'want host:port, dns:///host:port, or addresses with ports and commas between')
    .default(fallback)
    .describe(`${what}: host:port, dns:///host:port for all addresses of a name, or addresses with commas between`);
