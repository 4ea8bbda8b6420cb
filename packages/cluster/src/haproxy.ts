/** HAProxy in front of the gateways: WebSockets and HTTP, to those that are ready. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from './daemon.ts';

export interface Backend {
  readonly name: string;
  readonly port: number;
  readonly healthPort: number;
}

/** Debian has it outside of everybody's PATH but root's. */
const PROGRAM = ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy', '/usr/bin/haproxy'].find((file) => existsSync(file));

export function haproxy(options: { dir: string; port: number; gateways: readonly Backend[] }): Program {
  const { dir, port, gateways } = options;
  const config = join(dir, 'haproxy.cfg');
  return {
    name: 'haproxy',
    async prepare() {
      mkdirSync(dir, { recursive: true });
      writeFileSync(config, haproxyConfig(port, gateways));
    },
    command: [PROGRAM ?? 'haproxy', '-db', '-f', config],
    // Hard stop: what the gateways still have open is theirs to end.
    stopSignal: 'SIGTERM',
    stopMs: 5000,
    async ready() {
      const answer = await fetch(`http://127.0.0.1:${port}/v1/openapi.json`).catch(() => undefined);
      return answer?.ok === true;
    },
    readyMs: 120_000,
  };
}

/** Sockets stay open for hours: only an idle one that misses the gateways' pings times out. */
const haproxyConfig = (port: number, gateways: readonly Backend[]): string =>
  `global
  maxconn 8000
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout tunnel 5m
  option forwardfor
  option redispatch
  retries 2
frontend clatter
  bind 127.0.0.1:${port}
  default_backend gateways
backend gateways
  balance leastconn
  option httpchk GET /readyz
${gateways
  .map(
    ({ name, port: target, healthPort }) =>
      `  server ${name} 127.0.0.1:${target} check port ${healthPort} inter 500ms fall 2 rise 1`,
  )
  .join('\n')}
`;
