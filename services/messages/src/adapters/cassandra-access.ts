/** How Cassandra is reached: addresses, credentials, TLS. */
import { readFileSync } from 'node:fs';
import { StartError } from '@clatter/runtime';
import type { CassandraConfig } from '../cassandra-config.ts';

export interface CassandraAccess {
  readonly contactPoints: string[];
  readonly localDataCenter: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly sslOptions?: { readonly rejectUnauthorized: true; readonly ca?: string };
}

/** Throws a StartError where the certificate authority's file cannot be read. */
export function cassandraAccess(config: CassandraConfig): CassandraAccess {
  const {
    CLATTER_CASSANDRA_CONTACT_POINTS: points,
    CLATTER_CASSANDRA_USERNAME: username,
    CLATTER_CASSANDRA_PASSWORD: password,
    CLATTER_CASSANDRA_TLS: tls,
    CLATTER_CASSANDRA_TLS_CA_FILE: caFile,
  } = config;
  const ca = tls === 'on' && caFile ? readCa(caFile) : undefined;
  return {
    contactPoints: points.split(',').map((point) => point.trim()),
    localDataCenter: config.CLATTER_CASSANDRA_DATACENTER,
    ...(username && { credentials: { username, password: password ?? '' } }),
    ...(tls === 'on' && { sslOptions: { rejectUnauthorized: true, ...(ca && { ca }) } }),
  };
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartError(
      `CLATTER_CASSANDRA_TLS_CA_FILE: want a file that can be read, got ${(error as Error).message}`,
    );
  }
}
