/** TLS to PostgreSQL, from its settings: always with the server's certificate and name verified. */
import type { SecureContext } from 'node:tls';
import { type Logger, refuseWithout, secureOptions, TlsFiles } from '@clatter/runtime';
import type { AuthConfig } from './config.ts';

/** Undefined where it is off. Reads the certificates, again when they are replaced. Throws a ConfigError. */
export function databaseTls(config: AuthConfig, logger: Logger): { readonly secureContext: SecureContext } | undefined {
  const setting = (part: 'CA' | 'CERT' | 'KEY') => {
    const name = `CLATTER_AUTH_DATABASE_${part}_FILE` as const;
    return { name, path: config[name] };
  };
  const [ca, certificate, key] = [setting('CA'), setting('CERT'), setting('KEY')];
  if (config.CLATTER_AUTH_DATABASE_TLS === 'on')
    return secureOptions(new TlsFiles({ ca, certificate, key }, logger), {});
  refuseWithout('CLATTER_AUTH_DATABASE_TLS=on', [ca, certificate, key]);
  return undefined;
}
