/** What all calls of a process have in common, from its settings: certificates, deadline, keep-alive. */
import * as grpc from '@grpc/grpc-js';
import { ConfigError } from '../config.ts';
import type { Logger } from '../logger.ts';
import { TlsFiles } from '../tls-files.ts';
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

/** Reads the certificates, again when they are replaced. Throws a ConfigError. */
export function loadGrpcOptions(config: GrpcConfig, logger?: Logger): GrpcOptions {
  const names = ['CLATTER_GRPC_TLS_CA', 'CLATTER_GRPC_TLS_CERT', 'CLATTER_GRPC_TLS_KEY'] as const;
  const peerName = config.CLATTER_GRPC_TLS_NAME;
  const common = {
    peerName,
    deadlineMs: config.CLATTER_GRPC_DEADLINE_MS,
    keepAliveMs: config.CLATTER_GRPC_KEEPALIVE_MS,
  };
  const missing = names.filter((name) => config[name] === '');
  if (missing.length === names.length) {
    if (peerName !== '')
      throw new ConfigError(`CLATTER_GRPC_TLS_NAME: want ${names.join(', ')} beside it, got nothing of the kind`);
    return { ...common, server: grpc.ServerCredentials.createInsecure(), client: grpc.credentials.createInsecure() };
  }
  if (missing.length > 0) throw new ConfigError(`${missing[0]}: want a file, since ${names.join(', ')} go together`);
  const [ca, certificate, key] = names.map((name) => ({ name, path: config[name] })) as [Setting, Setting, Setting];
  const provider = new FileCertificates(new TlsFiles({ ca, certificate, key }, logger));
  const everyCaller = config.CLATTER_GRPC_TLS_CLIENTS === 'certificate';
  const { createCertificateProviderServerCredentials, createCertificateProviderChannelCredentials } = grpc.experimental;
  return {
    ...common,
    server: createCertificateProviderServerCredentials(provider, provider, everyCaller),
    client: createCertificateProviderChannelCredentials(provider, provider),
  };
}

type Setting = { readonly name: string; readonly path: string };

/** The library's own provider reads files in its own time, and makes a server refuse connections while it has not. */
class FileCertificates implements grpc.experimental.CertificateProvider {
  readonly #files: TlsFiles;
  readonly #ends = new Map<unknown, () => void>();

  constructor(files: TlsFiles) {
    this.#files = files;
  }

  addCaCertificateListener(listener: grpc.experimental.CaCertificateUpdateListener): void {
    this.#add(listener, () => listener({ caCertificate: this.#files.pem.ca as Buffer }));
  }

  removeCaCertificateListener(listener: grpc.experimental.CaCertificateUpdateListener): void {
    this.#remove(listener);
  }

  addIdentityCertificateListener(listener: grpc.experimental.IdentityCertificateUpdateListener): void {
    this.#add(listener, () => {
      const { cert, key } = this.#files.pem;
      listener({ certificate: cert as Buffer, privateKey: key as Buffer });
    });
  }

  removeIdentityCertificateListener(listener: grpc.experimental.IdentityCertificateUpdateListener): void {
    this.#remove(listener);
  }

  #add(listener: unknown, tell: () => void): void {
    this.#remove(listener);
    this.#ends.set(listener, this.#files.onChange(tell));
    // Not at once: a server takes up what it is told only when the call that adds its listener has returned.
    queueMicrotask(tell);
  }

  #remove(listener: unknown): void {
    this.#ends.get(listener)?.();
    this.#ends.delete(listener);
  }
}
