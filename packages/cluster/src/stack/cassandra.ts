/** Cassandra, of one node or of several, each on a loopback address of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../daemon.ts';
import { STACK_DIR } from '../paths.ts';
import { classPath, jvm } from './jvm.ts';
import { keyStore, type StackSecurity } from './security.ts';

export interface CassandraOptions {
  /** From 1 on; node N listens at 127.0.0.N. The first is the seed of the others. */
  readonly node: number;
  readonly nodes: number;
  readonly dataDir: string;
  readonly port: number;
  readonly storagePort: number;
  readonly jmxPort: number;
  /** `batch`: a write is acknowledged after its fsync. `periodic`, Cassandra's default: up to 10 s before it. */
  readonly commitLog: 'batch' | 'periodic';
  readonly security: StackSecurity | undefined;
}

export function cassandra(options: CassandraOptions): Program {
  const { dataDir, jmxPort, node, nodes } = options;
  const config = join(dataDir, 'cassandra.yaml');
  return {
    name: nodes > 1 ? `cassandra-${node}` : 'cassandra',
    async prepare() {
      mkdirSync(dataDir, { recursive: true });
      writeFileSync(config, yaml(options) + access(options));
    },
    command: [
      'java',
      ...opens,
      ...jvm('256m', '1024m'),
      '-Xss512k',
      '-Djdk.attach.allowAttachSelf=true',
      '-Dio.netty.tryReflectionSetAccessible=true',
      '-Djava.net.preferIPv4Stack=true',
      `-Dcassandra.config=file://${config}`,
      `-Dlogback.configurationFile=${join(STACK_DIR, 'cassandra-logback.xml')}`,
      `-Dcassandra.storagedir=${dataDir}`,
      `-Djava.io.tmpdir=${dataDir}`,
      '-Dcassandra-foreground=yes',
      // One node has nobody to wait for; a node that comes to others has to hear from them first.
      ...(nodes > 1
        ? ['-Dcassandra.ring_delay_ms=3000']
        : ['-Dcassandra.skip_wait_for_gossip_to_settle=0', '-Dcassandra.ring_delay_ms=1']),
      '-Dcassandra.superuser_setup_delay_ms=0',
      `-Dcassandra.jmx.local.port=${jmxPort}`,
      '-cp',
      classPath('cassandra'),
      'org.apache.cassandra.service.CassandraDaemon',
    ],
    stopSignal: 'SIGTERM',
    stopMs: 30_000,
    ready: (log) => log.includes('Startup complete'),
    readyMs: 240_000,
  };
}

const inJavaBase = [
  ...['java.io', 'java.lang', 'java.lang.module', 'java.lang.ref', 'java.lang.reflect', 'java.math', 'java.net'],
  ...['java.nio', 'java.nio.charset', 'java.nio.file.spi', 'java.util', 'java.util.concurrent'],
  ...['java.util.concurrent.atomic', 'jdk.internal.loader', 'jdk.internal.math', 'jdk.internal.misc'],
  ...['jdk.internal.module', 'jdk.internal.ref', 'jdk.internal.reflect', 'jdk.internal.util'],
  ...['jdk.internal.util.jar', 'jdk.internal.vm', 'sun.nio.ch'],
];

/** What Cassandra's own jvm17-server.options opens to it. */
const opens = [
  ...inJavaBase.map((name) => `java.base/${name}`),
  'jdk.management/com.sun.management.internal',
  'java.rmi/sun.rmi.transport.tcp',
]
  .flatMap((name) => ['--add-opens', `${name}=ALL-UNNAMED`])
  .concat(
    [
      'java.base/jdk.internal.misc',
      'java.base/jdk.internal.ref',
      'java.base/jdk.internal.perf',
      'java.base/sun.nio.ch',
      'java.management.rmi/com.sun.jmx.remote.internal.rmi',
      'java.rmi/sun.rmi.registry',
      'java.rmi/sun.rmi.server',
      'java.rmi/sun.rmi.transport.tcp',
      'java.sql/java.sql',
      'java.management/com.sun.jmx.remote.security',
      'jdk.attach/sun.tools.attach',
    ].flatMap((name) => ['--add-exports', `${name}=ALL-UNNAMED`]),
  );

/** Tokens of the ring are shared out evenly. */
const tokenOf = (node: number, nodes: number): bigint => -(2n ** 63n) + (2n ** 64n / BigInt(nodes)) * BigInt(node - 1);

const yaml = ({ dataDir, port, storagePort, commitLog, node, nodes }: CassandraOptions): string =>
  `cluster_name: clatter
num_tokens: 1
${nodes > 1 ? `initial_token: ${tokenOf(node, nodes)}\n` : ''}partitioner: org.apache.cassandra.dht.Murmur3Partitioner
endpoint_snitch: SimpleSnitch
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters:
      - seeds: "127.0.0.1:${storagePort}"
listen_address: 127.0.0.${node}
rpc_address: 127.0.0.${node}
native_transport_port: ${port}
storage_port: ${storagePort}
start_native_transport: true
data_file_directories: [${dataDir}/data]
commitlog_directory: ${dataDir}/commitlog
saved_caches_directory: ${dataDir}/saved_caches
hints_directory: ${dataDir}/hints
cdc_raw_directory: ${dataDir}/cdc_raw
${commitLog === 'batch' ? 'commitlog_sync: batch' : 'commitlog_sync: periodic\ncommitlog_sync_period: 10s'}
commitlog_segment_size: 8MiB
commitlog_total_space: 256MiB
auto_snapshot: false
hinted_handoff_enabled: false
disk_optimization_strategy: ssd
memtable_heap_space: 128MiB
memtable_offheap_space: 128MiB
memtable_allocation_type: heap_buffers
file_cache_size: 32MiB
networking_cache_size: 32MiB
key_cache_size: 8MiB
row_cache_size: 0MiB
counter_cache_size: 0MiB
concurrent_reads: 8
concurrent_writes: 8
concurrent_compactors: 1
compaction_throughput: 0MiB/s
auto_bootstrap: false
dynamic_snitch: false
`;

/** Who may come. */
const access = ({ dataDir, security }: CassandraOptions): string =>
  security
    ? `authenticator: PasswordAuthenticator
role_manager: CassandraRoleManager
client_encryption_options:
  enabled: true
  optional: false
  require_client_auth: true
  ssl_context_factory:
    class_name: org.apache.cassandra.security.PEMBasedSslContextFactory
  keystore: ${keyStore(dataDir, security.server)}
  truststore: ${security.ca}
`
    : '';
