/**
 * The platform as separate processes on real servers, on this machine:
 *
 * ```ts
 * const stack = await Stack.onFreePorts({ runDir, dataDir, durable: false });
 * await stack.start();
 * const cluster = new Cluster({ ...stack.addresses, members: layOut(COUNTS, take), … });
 * await cluster.start();
 * ```
 */
export { CertificateAuthority, type Certified } from './certificates.ts';
export { Cluster, type ClusterOptions, type ProcessState } from './cluster.ts';
export { Daemon, type Program } from './daemon.ts';
export { haproxy } from './haproxy.ts';
export { ROOT } from './paths.ts';
export { freePorts } from './ports.ts';
export { COUNTS, type Counts, layOut, type Member, SERVICES, type ServiceName } from './services.ts';
export { type KafkaNode, kafka, newClusterId } from './stack/kafka.ts';
export { createDatabase, dropDatabase, postgres, queryDatabase } from './stack/postgres.ts';
export { redis } from './stack/redis.ts';
export type { StackSecurity } from './stack/security.ts';
export { STACK_PORTS, Stack, type StackPorts } from './stack/stack.ts';
export { TcpGate } from './tcp-gate.ts';
