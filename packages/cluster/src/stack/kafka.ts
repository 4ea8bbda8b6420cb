/** Kafka of KRaft nodes, each of them broker and controller in one. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Program } from '../daemon.ts';
import { STACK_DIR } from '../paths.ts';
import { classPath, jvm } from './jvm.ts';
import { keyStore, STACK_USER, type StackSecurity } from './security.ts';

export interface KafkaNode {
  readonly port: number;
  readonly controllerPort: number;
}

export interface KafkaOptions extends KafkaNode {
  readonly dataDir: string;
  /** All nodes of the cluster, this one among them, and the id that they share. Absent: this one alone. */
  readonly cluster?: { readonly id: string; readonly nodes: readonly KafkaNode[] } | undefined;
  readonly security: StackSecurity | undefined;
  /** A second listener, whose clients are told to come by another port: there a gate can cut them off, and them alone. */
  readonly detour?: KafkaDetour | undefined;
}

export interface KafkaDetour {
  readonly port: number;
  readonly advertisedPort: number;
}

const log4j = `-Dlog4j2.configurationFile=${join(STACK_DIR, 'kafka-log4j2.properties')}`;

export function kafka(options: KafkaOptions): Program {
  const { dataDir, security, cluster } = options;
  const nodes = cluster?.nodes ?? [options];
  const number = nodes.findIndex(({ port }) => port === options.port) + 1;
  const config = join(dataDir, 'server.properties');
  const logs = join(dataDir, 'logs');
  return {
    name: cluster ? `kafka-${number}` : 'kafka',
    async prepare() {
      mkdirSync(dataDir, { recursive: true });
      writeFileSync(config, properties(options, nodes, number, logs) + listener(dataDir, security));
      if (existsSync(join(logs, 'meta.properties'))) return;
      // One in 64 ids begins with a hyphen: behind a blank it would be taken for another option.
      const id = `--cluster-id=${cluster?.id ?? newClusterId()}`;
      const format = ['kafka.tools.StorageTool', 'format', id, '-c', config];
      if (security)
        for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'])
          format.push('--add-scram', `${mechanism}=[name=${STACK_USER},password=${security.password}]`);
      await promisify(execFile)('java', [...jvm('64m', '128m'), log4j, '-cp', classPath('kafka'), ...format]);
    },
    command: ['java', ...jvm('128m', '512m'), log4j, '-cp', classPath('kafka'), 'kafka.Kafka', config],
    stopSignal: 'SIGTERM',
    stopMs: 30_000,
    ready: (log) => log.includes('Kafka Server started'),
    readyMs: 120_000,
  };
}

export const newClusterId = (): string => randomBytes(16).toString('base64url');

const properties = (
  { port, controllerPort, detour }: KafkaOptions,
  nodes: readonly KafkaNode[],
  number: number,
  logs: string,
): string =>
  `process.roles=broker,controller
node.id=${number}
controller.quorum.voters=${nodes.map((node, index) => `${index + 1}@127.0.0.1:${node.controllerPort}`).join(',')}
listeners=CLIENTS://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${detour ? `,DETOUR://127.0.0.1:${detour.port}` : ''}
advertised.listeners=CLIENTS://127.0.0.1:${port}${detour ? `,DETOUR://127.0.0.1:${detour.advertisedPort}` : ''}
controller.listener.names=CONTROLLER
inter.broker.listener.name=CLIENTS
log.dirs=${logs}
# Topics come from the migration alone.
auto.create.topics.enable=false
offsets.topic.replication.factor=${Math.min(nodes.length, 3)}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=${Math.min(nodes.length, 3)}
transaction.state.log.min.isr=${Math.min(nodes.length, 2)}
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=${Math.min(nodes.length, 3)}
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
min.insync.replicas=${Math.min(nodes.length, 2)}
group.initial.rebalance.delay.ms=0
# A broker that was killed may come back only when the session of its former life has run out.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# A small machine: two threads for the network, an index of 1 MiB for each of many partitions.
num.network.threads=2
num.io.threads=4
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=8388608
log.segment.bytes=67108864
log.index.size.max.bytes=1048576
`;

/** Who may come to the one listener that there is, beside a detour without security. The broker is a client of itself. */
function listener(dataDir: string, security: StackSecurity | undefined): string {
  if (!security) return 'listener.security.protocol.map=CONTROLLER:PLAINTEXT,CLIENTS:PLAINTEXT,DETOUR:PLAINTEXT\n';
  const { ca, server, password } = security;
  const jaas = (module: string, rest = ''): string =>
    `org.apache.kafka.common.security.${module} required username="${STACK_USER}" password="${password}"${rest};`;
  return `listener.security.protocol.map=CONTROLLER:PLAINTEXT,CLIENTS:SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.location=${keyStore(dataDir, server)}
ssl.truststore.type=PEM
ssl.truststore.location=${ca}
listener.name.clients.ssl.client.auth=required
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.clients.plain.sasl.jaas.config=${jaas('plain.PlainLoginModule', ` user_${STACK_USER}="${password}"`)}
listener.name.clients.scram-sha-256.sasl.jaas.config=${jaas('scram.ScramLoginModule')}
listener.name.clients.scram-sha-512.sasl.jaas.config=${jaas('scram.ScramLoginModule')}
`;
}
