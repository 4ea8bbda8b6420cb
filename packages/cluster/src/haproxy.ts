/** HAProxy in front of the gateways: WebSockets and HTTP, to those that are ready. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import type { Certified } from './certificates.ts';
import type { Program } from './daemon.ts';
import { keyStore } from './stack/security.ts';

export interface Backend {
  readonly name: string;
  readonly port: number;
  readonly healthPort: number;
}

/** Debian has it outside of everybody's PATH but root's. */
const PROGRAM = ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy', '/usr/bin/haproxy'].find((file) => existsSync(file));

export interface HaproxyOptions {
  readonly dir: string;
  readonly port: number;
  readonly gateways: readonly Backend[];
  /** It ends TLS with this certificate, of localhost; absent: plain HTTP. */
  readonly certified?: Certified;
}

export function haproxy({ dir, port, gateways, certified }: HaproxyOptions): Program {
  const config = join(dir, 'haproxy.cfg');
  return {
    name: 'haproxy',
    async prepare() {
      mkdirSync(dir, { recursive: true });
      const bind = `127.0.0.1:${port}${certified ? ` ssl crt ${keyStore(dir, certified)}` : ''}`;
      writeFileSync(config, haproxyConfig(bind, gateways, certified !== undefined));
    },
    command: [PROGRAM ?? 'haproxy', '-db', '-f', config],
    // Hard stop: what the gateways still have open is theirs to end.
    stopSignal: 'SIGTERM',
    stopMs: 5000,
    async ready() {
      if (certified) return answersByTls(port);
      const answer = await fetch(`http://127.0.0.1:${port}/v1/openapi.json`).catch(() => undefined);
      return answer?.ok === true;
    },
    readyMs: 120_000,
  };
}

/** Whether a gateway answers behind it. Who it is does not matter here. */
function answersByTls(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    request({ host: '127.0.0.1', port, path: '/v1/openapi.json', rejectUnauthorized: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on('error', () => resolve(false))
      .end();
  });
}

/** Sockets stay open for hours: only an idle one that misses the gateways' pings times out. */
const haproxyConfig = (bind: string, gateways: readonly Backend[], tls: boolean): string =>
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
  bind ${bind}
  http-request set-header X-Forwarded-Proto ${tls ? 'https' : 'http'}
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
