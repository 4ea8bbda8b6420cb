/** What all calls of a process have in common, from its settings: certificates, deadline, keep-alive. */
import { readFileSync } from 'node:fs';
import * as grpc from '@grpc/grpc-js';
import { ConfigError } from '../config.ts';
import type { GrpcConfig } from './config.ts';

// What it would say on standard error, it tells its callers too.
grpc.setLogVerbosity(grpc.logVerbosity.NONE);

/** Largest message: a page of history has 1 MiB at most, a batch of frames or connections little more. */
export const MESSAGE_BYTES_MAX = 4 << 20;

export interface GrpcOptions {
  readonly server: grpc.ServerCredentials;
  readonly client: grpc.ChannelCredentials;
  /** Name that the certificate of whoever is called must have; empty: its host. */
  readonly peerName: string;
  readonly deadlineMs: number;
  readonly keepAliveMs: number;
}

/** Reads the certificates. Throws a ConfigError. */
export function loadGrpcOptions(config: GrpcConfig): GrpcOptions {
  const names = ['CLATTER_GRPC_TLS_CA', 'CLATTER_GRPC_TLS_CERT', 'CLATTER_GRPC_TLS_KEY'] as const;
  const common = {
    peerName: config.CLATTER_GRPC_TLS_NAME,
    deadlineMs: config.CLATTER_GRPC_DEADLINE_MS,
    keepAliveMs: config.CLATTER_GRPC_KEEPALIVE_MS,
  };
  const missing = names.filter((name) => config[name] === '');
  if (missing.length === names.length)
    return { ...common, server: grpc.ServerCredentials.createInsecure(), client: grpc.credentials.createInsecure() };
  if (missing.length > 0) throw new ConfigError(`${missing[0]}: want a file, since ${names.join(', ')} go together`);
  const [ca, certificate, key] = names.map((name) => readPem(name, config[name])) as [Buffer, Buffer, Buffer];
  const asksForCertificate = config.CLATTER_GRPC_TLS_CLIENTS === 'certificate';
  try {
    return {
      ...common,
      server: grpc.ServerCredentials.createSsl(ca, [{ cert_chain: certificate, private_key: key }], asksForCertificate),
      client: grpc.credentials.createSsl(ca, key, certificate),
    };
  } catch (error) {
    throw new ConfigError(`${names.join(', ')}: want a CA, a certificate and its key: ${(error as Error).message}`);
  }
}

function readPem(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigError(
      `${name}: want a file that can be read, got "${path}" (${(error as { code?: string }).code})`,
    );
  }
}
