/** Redis without persistence: what it holds is soft state. */
import { mkdirSync } from 'node:fs';
import type { Program } from '../daemon.ts';

export function redis({ dataDir, port }: { readonly dataDir: string; readonly port: number }): Program {
  return {
    name: 'redis',
    async prepare() {
      mkdirSync(dataDir, { recursive: true });
    },
    command: [
      'redis-server',
      ...['--bind', '127.0.0.1', '--port', `${port}`, '--dir', dataDir],
      ...['--save', '', '--appendonly', 'no', '--daemonize', 'no'],
    ],
    stopSignal: 'SIGTERM',
    stopMs: 10_000,
    ready: (log) => log.includes('Ready to accept connections'),
    readyMs: 20_000,
  };
}
