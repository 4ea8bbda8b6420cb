/** The service processes of a cluster: which there are, on which ports, with which settings. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from './daemon.ts';
import { ROOT } from './paths.ts';

export type ServiceName = 'auth' | 'presence' | 'messages' | 'notifications' | 'gateway';

export const SERVICES: readonly ServiceName[] = ['auth', 'presence', 'messages', 'notifications', 'gateway'];

/** How many processes of each. */
export type Counts = Readonly<Record<ServiceName, number>>;

export const COUNTS: Counts = { auth: 1, presence: 1, messages: 2, notifications: 1, gateway: 2 };

/** One process and its ports. */
export interface Member {
  /** Such as messages-2. */
  readonly name: string;
  readonly service: ServiceName;
  readonly grpcPort: number;
  readonly healthPort: number;
  /** Of HTTP and WebSockets; gateways alone. */
  readonly httpPort: number;
}

/** Lays the processes out over ports, of which `take` gives one after the other. */
export function layOut(counts: Counts, take: () => number): Member[] {
  return SERVICES.flatMap((service) =>
    Array.from({ length: counts[service] }, (_, index) => ({
      name: `${service}-${index + 1}`,
      service,
      grpcPort: take(),
      healthPort: take(),
      httpPort: service === 'gateway' ? take() : 0,
    })),
  );
}

/** What all processes have to know. */
export interface ClusterSettings {
  /** Of the servers, as Stack.addresses has them. */
  readonly kafka: string;
  readonly cassandra: string;
  readonly redis: string;
  readonly postgres: string;
  /** Tells this cluster's topics, keyspace and keys from those of others on the same servers; '' for the plain names. */
  readonly prefix: string;
  /** Of the log and of the messages; 1 where absent. */
  readonly replicas?: number;
  readonly dataDir: string;
  /** Where people connect. */
  readonly publicUrl: string;
  /** Settings beside those that the layout gives. */
  readonly env: Readonly<Record<string, string>>;
  /** By name: settings of one process alone. */
  readonly envOf?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export function serviceProgram(member: Member, all: readonly Member[], settings: ClusterSettings): Program {
  const { service, name, grpcPort, healthPort, httpPort } = member;
  const calls = (of: ServiceName): string =>
    all
      .filter((other) => other.service === of)
      .map((other) => `127.0.0.1:${other.grpcPort}`)
      .join(',');
  const log = { CLATTER_KAFKA_BROKERS: settings.kafka, CLATTER_KAFKA_PREFIX: settings.prefix, ...replicasOf(settings) };
  const redis = { CLATTER_REDIS_URL: settings.redis, CLATTER_REDIS_PREFIX: settings.prefix };
  const presence = { CLATTER_PRESENCE_URL: calls('presence') };
  const auth = { CLATTER_AUTH_URL: calls('auth') };
  const own: Readonly<Record<ServiceName, Readonly<Record<string, string>>>> = {
    auth: {
      ...redis,
      CLATTER_AUTH_DATABASE_URL: settings.postgres,
      CLATTER_AUTH_KEY_SECRET: keySecret(settings.dataDir),
    },
    presence: redis,
    messages: {
      ...presence,
      CLATTER_CASSANDRA_CONTACT_POINTS: settings.cassandra,
      CLATTER_CASSANDRA_DATACENTER: 'datacenter1',
      CLATTER_CASSANDRA_REPLICAS: `${settings.replicas ?? 1}`,
      CLATTER_CASSANDRA_KEYSPACE: `${settings.prefix.replace(/[^a-z0-9_]/g, '_')}clatter`,
    },
    notifications: {
      ...presence,
      ...auth,
      CLATTER_MESSAGES_URL: calls('messages'),
      CLATTER_DATA_DIR: join(settings.dataDir, name),
    },
    gateway: {
      ...presence,
      ...auth,
      CLATTER_MESSAGES_URL: calls('messages'),
      CLATTER_HTTP_PORT: `${httpPort}`,
      CLATTER_HTTP_HOST: '127.0.0.1',
      CLATTER_TRUSTED_PROXIES: '127.0.0.1',
      CLATTER_PUBLIC_URL: settings.publicUrl,
      ...(existsSync(WEB_DIR) && { CLATTER_WEB_DIR: WEB_DIR }),
    },
  };
  return {
    name,
    command: [process.execPath, join(ROOT, 'services', service, 'dist', 'main.js')],
    env: {
      ...log,
      [`CLATTER_${service.toUpperCase()}_GRPC_PORT`]: `${grpcPort}`,
      CLATTER_HEALTH_PORT: `${healthPort}`,
      ...own[service],
      ...settings.env,
      ...settings.envOf?.[name],
    },
    stopSignal: 'SIGTERM',
    stopMs: 30_000,
    async ready() {
      const answer = await fetch(`http://127.0.0.1:${healthPort}/readyz`).catch(() => undefined);
      return answer?.ok === true;
    },
    readyMs: 120_000,
  };
}

const WEB_DIR = join(ROOT, 'mobile', 'dist');

/** One of three may be away. */
const replicasOf = ({ replicas = 1 }: ClusterSettings): Readonly<Record<string, string>> => ({
  CLATTER_KAFKA_REPLICAS: `${replicas}`,
  CLATTER_KAFKA_MIN_INSYNC: `${Math.min(replicas, 2)}`,
});

/** Seals the signing keys; all auth processes have the same, over restarts too. */
function keySecret(dataDir: string): string {
  const file = join(dataDir, 'key-secret');
  if (!existsSync(file)) {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600 });
  }
  return readFileSync(file, 'utf8');
}
