/** Redis without persistence: what it holds is soft state. */
import { mkdirSync } from 'node:fs';
import type { Program } from '../daemon.ts';
import { STACK_USER, type StackSecurity } from './security.ts';

export interface RedisOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly security?: StackSecurity | undefined;
}

export function redis({ dataDir, port, security }: RedisOptions): Program {
  return {
    name: 'redis',
    async prepare() {
      mkdirSync(dataDir, { recursive: true });
    },
    command: [
      'redis-server',
      ...['--bind', '127.0.0.1', '--dir', dataDir],
      ...(security ? secured(port, security) : ['--port', `${port}`]),
      ...['--save', '', '--appendonly', 'no', '--daemonize', 'no'],
    ],
    stopSignal: 'SIGTERM',
    stopMs: 10_000,
    ready: (log) => log.includes('Ready to accept connections'),
    readyMs: 20_000,
  };
}

const secured = (port: number, { ca, server, password }: StackSecurity): string[] => [
  ...['--port', '0', '--tls-port', `${port}`, '--tls-auth-clients', 'yes', '--tls-ca-cert-file', ca],
  ...['--tls-cert-file', server.certificate, '--tls-key-file', server.key],
  ...['--user', 'default', 'off', '--user', STACK_USER, 'on', `>${password}`, '~*', '&*', '+@all'],
];
