/** Settings of the message store on Cassandra. */
import { z } from 'zod';

export const cassandraConfig = z.object({
  CLATTER_CASSANDRA_CONTACT_POINTS: z
    .string()
    .regex(/^\s*[^\s,]+(\s*,\s*[^\s,]+)*\s*$/, { error: 'want addresses, host or host:port, with commas between' })
    .default('127.0.0.1:9042')
    .describe('Servers of Cassandra that are asked for the others, with commas between'),
  CLATTER_CASSANDRA_DATACENTER: z
    .string()
    .regex(/^[\w.-]{1,48}$/, { error: 'want the name of a data centre: letters, digits, dots, dashes' })
    .default('datacenter1')
    .describe('Data centre of this installation; its servers alone are asked, and a quorum of them decides'),
  CLATTER_CASSANDRA_KEYSPACE: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,47}$/, { error: 'want up to 48 lower-case letters, digits and underscores' })
    .default('clatter')
    .describe('Keyspace of the message store; made where it is not there'),
  CLATTER_CASSANDRA_REPLICAS: z.coerce
    .number()
    .int()
    .min(1)
    .max(9)
    .default(3)
    .describe('Copies of each row in a keyspace that is made; 1 on a single server'),
  CLATTER_CASSANDRA_REQUESTS_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(256)
    .describe('Requests to Cassandra that one process has under way; the rest wait'),
  CLATTER_CASSANDRA_USERNAME: z.string().optional().describe('User of Cassandra; none where it asks for none'),
  CLATTER_CASSANDRA_PASSWORD: z.string().optional().describe('Password of that user'),
  CLATTER_CASSANDRA_TLS: z.enum(['off', 'on']).default('off').describe('Whether Cassandra is spoken to over TLS'),
  CLATTER_CASSANDRA_TLS_CA_FILE: z
    .string()
    .optional()
    .describe(
      "File of the certificates (PEM) that the servers' are checked against; those of the system where not set",
    ),
  CLATTER_CASSANDRA_TLS_CERT_FILE: z
    .string()
    .optional()
    .describe('File of the certificate (PEM) that this process shows to the servers, where they want one'),
  CLATTER_CASSANDRA_TLS_KEY_FILE: z.string().optional().describe('File of its private key (PEM)'),
  CLATTER_CASSANDRA_TLS_NAME: z
    .string()
    .optional()
    .describe(
      "Name that the servers' certificates must have; where not set, the address of each, as the cluster tells it",
    ),
});

export type CassandraConfig = z.infer<typeof cassandraConfig>;
