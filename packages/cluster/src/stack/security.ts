/** What servers want of whoever comes: TLS, a certificate of the authority that they trust, and a name with its password. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certified } from '../certificates.ts';

export interface StackSecurity {
  /** File of the authority's certificate (PEM): of the servers, and of those who may connect. */
  readonly ca: string;
  /** For localhost and 127.0.0.1. */
  readonly server: Certified;
  /** What clients show. */
  readonly client: Certified;
  readonly password: string;
}

/** Of Kafka and Redis; Cassandra and PostgreSQL are made with one of their own. */
export const STACK_USER = 'clatter';
/** Cassandra makes it by itself, with this password. */
const CASSANDRA_USER = 'cassandra';

/** Java's servers want the key and the certificate in one file. */
export function keyStore(dir: string, { certificate, key }: Certified): string {
  const file = join(dir, 'server.pem');
  writeFileSync(file, readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8'), { mode: 0o600 });
  return file;
}

/** Settings by which the services reach such servers. */
export const secureSettings = ({ ca, client, password }: StackSecurity): Readonly<Record<string, string>> => ({
  CLATTER_KAFKA_TLS: 'on',
  CLATTER_KAFKA_TLS_CA_FILE: ca,
  CLATTER_KAFKA_TLS_CERT_FILE: client.certificate,
  CLATTER_KAFKA_TLS_KEY_FILE: client.key,
  CLATTER_KAFKA_SASL_MECHANISM: 'scram-sha-512',
  CLATTER_KAFKA_SASL_USERNAME: STACK_USER,
  CLATTER_KAFKA_SASL_PASSWORD: password,
  CLATTER_CASSANDRA_TLS: 'on',
  CLATTER_CASSANDRA_TLS_CA_FILE: ca,
  CLATTER_CASSANDRA_TLS_CERT_FILE: client.certificate,
  CLATTER_CASSANDRA_TLS_KEY_FILE: client.key,
  CLATTER_CASSANDRA_USERNAME: CASSANDRA_USER,
  CLATTER_CASSANDRA_PASSWORD: CASSANDRA_USER,
  CLATTER_REDIS_TLS_CA_FILE: ca,
  CLATTER_REDIS_TLS_CERT_FILE: client.certificate,
  CLATTER_REDIS_TLS_KEY_FILE: client.key,
  CLATTER_AUTH_DATABASE_TLS: 'on',
  CLATTER_AUTH_DATABASE_CA_FILE: ca,
  CLATTER_AUTH_DATABASE_CERT_FILE: client.certificate,
  CLATTER_AUTH_DATABASE_KEY_FILE: client.key,
});

/** Environment by which PostgreSQL's own tools do. */
export const libpqEnv = ({ ca, client }: StackSecurity): Readonly<Record<string, string>> => ({
  PGSSLMODE: 'verify-full',
  PGSSLROOTCERT: ca,
  PGSSLCERT: client.certificate,
  PGSSLKEY: client.key,
});
