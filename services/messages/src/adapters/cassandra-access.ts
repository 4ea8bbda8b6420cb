/** How Cassandra is reached: addresses, credentials, TLS. */
import { checkServerIdentity, type PeerCertificate, type SecureContext } from 'node:tls';
import { ConfigError, type Logger, refuseWithout, secureOptions, TlsFiles } from '@clatter/runtime';
import type { CassandraConfig } from '../cassandra-config.ts';

export interface CassandraAccess {
  readonly contactPoints: string[];
  readonly localDataCenter: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly sslOptions?: {
    readonly rejectUnauthorized: boolean;
    readonly secureContext: SecureContext;
    readonly checkServerIdentity?: ((host: string, certificate: PeerCertificate) => Error | undefined) | undefined;
  };
}

/** Reads the certificates, again when they are replaced. Throws a ConfigError. */
export function cassandraAccess(config: CassandraConfig, logger: Logger): CassandraAccess {
  const { CLATTER_CASSANDRA_USERNAME: username, CLATTER_CASSANDRA_PASSWORD: password } = config;
  if (username && !password)
    throw new ConfigError('CLATTER_CASSANDRA_PASSWORD: want that of CLATTER_CASSANDRA_USERNAME, got nothing');
  if (password && !username)
    throw new ConfigError('CLATTER_CASSANDRA_USERNAME: want the user of CLATTER_CASSANDRA_PASSWORD, got nothing');
  const sslOptions = tlsOf(config, logger);
  return {
    contactPoints: config.CLATTER_CASSANDRA_CONTACT_POINTS.split(',').map((point) => point.trim()),
    localDataCenter: config.CLATTER_CASSANDRA_DATACENTER,
    ...(username && password && { credentials: { username, password } }),
    ...(sslOptions && { sslOptions }),
  };
}

function tlsOf(config: CassandraConfig, logger: Logger): CassandraAccess['sslOptions'] {
  const setting = (part: 'CA_FILE' | 'CERT_FILE' | 'KEY_FILE' | 'NAME') => {
    const name = `CLATTER_CASSANDRA_TLS_${part}` as const;
    return { name, path: config[name] };
  };
  const [ca, certificate, key] = [setting('CA_FILE'), setting('CERT_FILE'), setting('KEY_FILE')];
  if (config.CLATTER_CASSANDRA_TLS === 'off') {
    refuseWithout('CLATTER_CASSANDRA_TLS=on', [ca, certificate, key, setting('NAME')]);
    return undefined;
  }
  const peer = config.CLATTER_CASSANDRA_TLS_NAME;
  return secureOptions(new TlsFiles({ ca, certificate, key }, logger), {
    rejectUnauthorized: true,
    ...(peer && { checkServerIdentity: (_: string, shown: PeerCertificate) => checkServerIdentity(peer, shown) }),
  });
}
