/** Settings of Kafka, the same for each service. */
import { ConfigError, type Logger, refuseWithout, secureOptions, TlsFiles } from '@clatter/runtime';
import { z } from 'zod';
import type { KafkaConnection } from './kafka-cluster.ts';

const BROKER = /^(\[[0-9a-fA-F:]+\]|[^\s:,]+):([1-9]\d{0,4})$/;

const isBrokers = (text: string): boolean => text.split(',').every((broker) => BROKER.test(broker.trim()));

export const kafkaConfig = z.object({
  CLATTER_KAFKA_BROKERS: z
    .string()
    .default('127.0.0.1:9092')
    .refine(isBrokers, 'want brokers such as kafka-1:9092,kafka-2:9092')
    .describe('Brokers that are asked for the others, with commas between'),
  CLATTER_KAFKA_PREFIX: z
    .string()
    .max(100)
    .default('')
    .refine((text) => /^[a-zA-Z0-9._-]*$/.test(text), 'want letters, digits, points, hyphens and underscores')
    .describe('What the names of topics and groups begin with, where platforms share a cluster'),
  CLATTER_KAFKA_REPLICAS: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('Replicas of each partition; 1 on a single broker, which may lose what was acknowledged'),
  CLATTER_KAFKA_MIN_INSYNC: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(2)
    .describe('Replicas that must have a record before it counts; 1 on a single broker'),
  CLATTER_KAFKA_PARTITIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(4096)
    .default(256)
    .describe('Partitions of `clatter.commands`, and the most that any topic has; as the platform begins, for ever'),
  CLATTER_KAFKA_TLS: z.enum(['on', 'off']).default('off').describe('Whether brokers are spoken to by TLS'),
  CLATTER_KAFKA_TLS_CA_FILE: z
    .string()
    .default('')
    .describe('File of the certificates that brokers are checked against; empty: those of the system'),
  CLATTER_KAFKA_TLS_CERT_FILE: z
    .string()
    .default('')
    .describe('File of the certificate (PEM) that this process shows to brokers, where they want one'),
  CLATTER_KAFKA_TLS_KEY_FILE: z.string().default('').describe('File of its private key (PEM)'),
  CLATTER_KAFKA_SASL_MECHANISM: z
    .enum(['none', 'plain', 'scram-sha-256', 'scram-sha-512'])
    .default('none')
    .describe('How this process proves who it is'),
  CLATTER_KAFKA_SASL_USERNAME: z.string().default('').describe('Name by which it does'),
  CLATTER_KAFKA_SASL_PASSWORD: z.string().default('').describe('Password by which it does'),
});

export type KafkaConfig = z.infer<typeof kafkaConfig>;

/** How to reach the brokers; reads the certificates, again when they are replaced. Throws a ConfigError. */
export function kafkaConnection(config: KafkaConfig, clientId: string, logger?: Logger): KafkaConnection {
  return {
    brokers: config.CLATTER_KAFKA_BROKERS.split(',').map((broker) => broker.trim()),
    clientId,
    ssl: tlsOf(config, logger),
    sasl: saslOf(config, logger),
  };
}

function tlsOf(config: KafkaConfig, logger: Logger | undefined): KafkaConnection['ssl'] {
  const setting = (name: 'CA' | 'CERT' | 'KEY') => {
    const full = `CLATTER_KAFKA_TLS_${name}_FILE` as const;
    return { name: full, path: config[full] };
  };
  const [ca, certificate, key] = [setting('CA'), setting('CERT'), setting('KEY')];
  if (config.CLATTER_KAFKA_TLS === 'on') return secureOptions(new TlsFiles({ ca, certificate, key }, logger), {});
  refuseWithout('CLATTER_KAFKA_TLS=on', [ca, certificate, key]);
  return undefined;
}

function saslOf(config: KafkaConfig, logger: Logger | undefined): KafkaConnection['sasl'] {
  const {
    CLATTER_KAFKA_SASL_MECHANISM: mechanism,
    CLATTER_KAFKA_SASL_USERNAME: username,
    CLATTER_KAFKA_SASL_PASSWORD: password,
  } = config;
  if (mechanism === 'none') {
    refuseWithout('CLATTER_KAFKA_SASL_MECHANISM', [
      { name: 'CLATTER_KAFKA_SASL_USERNAME', path: username },
      { name: 'CLATTER_KAFKA_SASL_PASSWORD', path: password },
    ]);
    return undefined;
  }
  for (const name of ['CLATTER_KAFKA_SASL_USERNAME', 'CLATTER_KAFKA_SASL_PASSWORD'] as const)
    if (config[name] === '')
      throw new ConfigError(`${name}: want one, since CLATTER_KAFKA_SASL_MECHANISM is ${mechanism}, got nothing`);
  if (mechanism === 'plain' && config.CLATTER_KAFKA_TLS === 'off')
    logger?.warn('CLATTER_KAFKA_SASL_MECHANISM=plain sends the password in the clear: want CLATTER_KAFKA_TLS=on');
  return { mechanism, username, password };
}
