import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { createLogger, loadConfig } from '@clatter/runtime';
import { expect, it, vi } from 'vitest';
import { kafkaConfig, kafkaConnection } from './kafka-config.ts';
import { topics, topicsOf } from './topics.ts';

it('names brokers, and by default neither TLS nor a name', () => {
  const config = loadConfig(kafkaConfig, { CLATTER_KAFKA_BROKERS: 'kafka-1:9092, [::1]:9093' });
  expect(kafkaConnection(config, 'gateway')).toEqual({
    brokers: ['kafka-1:9092', '[::1]:9093'],
    clientId: 'gateway',
    ssl: undefined,
    sasl: undefined,
  });
  expect(config).toMatchObject({ CLATTER_KAFKA_REPLICAS: 3, CLATTER_KAFKA_MIN_INSYNC: 2, CLATTER_KAFKA_PREFIX: '' });
  expect(config.CLATTER_KAFKA_PARTITIONS).toBe(topics.commands.partitions);
});

it('takes certificates from a file, and a name with its password', () => {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-kafka-'));
  const file = join(dir, 'ca.pem');
  writeFileSync(file, rootCertificates[0] as string);
  const config = loadConfig(kafkaConfig, {
    CLATTER_KAFKA_TLS: 'on',
    CLATTER_KAFKA_TLS_CA_FILE: file,
    CLATTER_KAFKA_SASL_MECHANISM: 'scram-sha-512',
    CLATTER_KAFKA_SASL_USERNAME: 'clatter',
    CLATTER_KAFKA_SASL_PASSWORD: 'secret',
  });
  expect(kafkaConnection(config, 'gateway')).toMatchObject({
    ssl: { secureContext: expect.anything() },
    sasl: { mechanism: 'scram-sha-512', username: 'clatter', password: 'secret' },
  });
  rmSync(dir, { recursive: true });
});

it.each([
  ['CLATTER_KAFKA_BROKERS', 'kafka', 'want brokers such as kafka-1:9092,kafka-2:9092, got "kafka"'],
  ['CLATTER_KAFKA_BROKERS', 'kafka:9092,', 'want brokers such as kafka-1:9092,kafka-2:9092, got "kafka:9092,"'],
  ['CLATTER_KAFKA_PREFIX', 'a b', 'want letters, digits, points, hyphens and underscores, got "a b"'],
  ['CLATTER_KAFKA_TLS', 'yes', 'want one of on, off, got "yes"'],
])('%s=%s: %s', (name, value, line) => {
  expect(() => loadConfig(kafkaConfig, { [name]: value })).toThrow(`${name}: ${line}`);
});

it.each([
  [{ CLATTER_KAFKA_TLS_CA_FILE: 'ca.pem' }, 'CLATTER_KAFKA_TLS_CA_FILE: want CLATTER_KAFKA_TLS=on beside it'],
  [{ CLATTER_KAFKA_SASL_PASSWORD: 'secret' }, 'CLATTER_KAFKA_SASL_PASSWORD: want CLATTER_KAFKA_SASL_MECHANISM'],
  [
    { CLATTER_KAFKA_SASL_MECHANISM: 'plain', CLATTER_KAFKA_SASL_USERNAME: 'clatter' },
    'CLATTER_KAFKA_SASL_PASSWORD: want one, since CLATTER_KAFKA_SASL_MECHANISM is plain, got nothing',
  ],
  [
    { CLATTER_KAFKA_SASL_MECHANISM: 'scram-sha-512', CLATTER_KAFKA_SASL_PASSWORD: 'secret' },
    'CLATTER_KAFKA_SASL_USERNAME: want one, since CLATTER_KAFKA_SASL_MECHANISM is scram-sha-512, got nothing',
  ],
  [
    { CLATTER_KAFKA_TLS: 'on', CLATTER_KAFKA_TLS_CERT_FILE: 'own.pem' },
    'CLATTER_KAFKA_TLS_KEY_FILE: want the file of the private key of CLATTER_KAFKA_TLS_CERT_FILE, got nothing',
  ],
  [
    { CLATTER_KAFKA_TLS: 'on', CLATTER_KAFKA_TLS_CA_FILE: '/none/ca.pem' },
    'CLATTER_KAFKA_TLS_CA_FILE: want a file that can be read, got "/none/ca.pem" (ENOENT)',
  ],
])('%o is refused in one line, without the secret', (env, line) => {
  const refused = () => kafkaConnection(loadConfig(kafkaConfig, env as Record<string, string>), 'gateway');
  expect(refused).toThrow(line);
  expect(refused).not.toThrow('secret');
});

it.each([
  ['plain', 'off', 1],
  ['plain', 'on', 0],
  ['scram-sha-256', 'off', 0],
] as const)('SASL %s with TLS %s: %i warnings', (mechanism, tls, warnings) => {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const warn = vi.spyOn(logger, 'warn');
  const config = loadConfig(kafkaConfig, {
    CLATTER_KAFKA_TLS: tls,
    CLATTER_KAFKA_SASL_MECHANISM: mechanism,
    CLATTER_KAFKA_SASL_USERNAME: 'clatter',
    CLATTER_KAFKA_SASL_PASSWORD: 'secret',
  });
  kafkaConnection(config, 'gateway', logger);
  expect(warn).toHaveBeenCalledTimes(warnings);
  expect(JSON.stringify(warn.mock.calls)).not.toContain('secret');
});

it('has a small platform with few partitions, and a large one with more than the table says', () => {
  const partitions = (count: number): Record<string, number> =>
    Object.fromEntries(topicsOf(count).map((topic) => [topic.name.replace('clatter.', ''), topic.partitions]));
  expect(topicsOf(topics.commands.partitions)).toEqual(Object.values(topics));
  expect(partitions(8)).toEqual({ commands: 8, signals: 8, events: 8, sessions: 8, accounts: 8, dead: 4 });
  expect(partitions(1024)).toEqual({ commands: 1024, signals: 64, events: 1024, sessions: 64, accounts: 16, dead: 4 });
});
