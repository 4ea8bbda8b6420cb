import { createLogger, loadConfig } from '@clatter/runtime';
import { expect, it } from 'vitest';
import { cassandraConfig } from '../cassandra-config.ts';
import { cassandraAccess } from './cassandra-access.ts';

const access = (env: Readonly<Record<string, string>>) =>
  cassandraAccess(loadConfig(cassandraConfig, env), createLogger({ service: 'test', level: 'silent' }));

it('by default names nobody and has no TLS', () => {
  expect(access({ CLATTER_CASSANDRA_CONTACT_POINTS: 'one, two:9043' })).toEqual({
    contactPoints: ['one', 'two:9043'],
    localDataCenter: 'datacenter1',
  });
});

it('verifies certificates against the name that is set, whatever address is called', () => {
  const { sslOptions } = access({ CLATTER_CASSANDRA_TLS: 'on', CLATTER_CASSANDRA_TLS_NAME: 'cassandra.example' });
  expect(sslOptions).toMatchObject({ rejectUnauthorized: true, secureContext: expect.anything() });
  const shown = (name: string) => ({ subject: {}, subjectaltname: `DNS:${name}` }) as never;
  expect(sslOptions?.checkServerIdentity?.('10.0.0.7', shown('cassandra.example'))).toBeUndefined();
  expect(sslOptions?.checkServerIdentity?.('10.0.0.7', shown('another.example'))).toBeInstanceOf(Error);
  expect(access({ CLATTER_CASSANDRA_TLS: 'on' }).sslOptions).not.toHaveProperty('checkServerIdentity');
});

it.each([
  [{ CLATTER_CASSANDRA_USERNAME: 'clatter' }, 'CLATTER_CASSANDRA_PASSWORD: want that of CLATTER_CASSANDRA_USERNAME'],
  [{ CLATTER_CASSANDRA_PASSWORD: 'secret' }, 'CLATTER_CASSANDRA_USERNAME: want the user of CLATTER_CASSANDRA_PASSWORD'],
  [{ CLATTER_CASSANDRA_TLS_CA_FILE: 'ca.pem' }, 'CLATTER_CASSANDRA_TLS_CA_FILE: want CLATTER_CASSANDRA_TLS=on'],
  [{ CLATTER_CASSANDRA_TLS_NAME: 'cassandra' }, 'CLATTER_CASSANDRA_TLS_NAME: want CLATTER_CASSANDRA_TLS=on'],
  [
    { CLATTER_CASSANDRA_TLS: 'on', CLATTER_CASSANDRA_TLS_KEY_FILE: 'own.key' },
    'CLATTER_CASSANDRA_TLS_CERT_FILE: want the file of the certificate of CLATTER_CASSANDRA_TLS_KEY_FILE, got nothing',
  ],
])('%o is refused in one line, without the secret', (env, line) => {
  const refused = () => access(env as Record<string, string>);
  expect(refused).toThrow(line);
  expect(refused).not.toThrow('secret');
});
