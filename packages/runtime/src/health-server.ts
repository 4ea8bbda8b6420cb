/** The health port: /livez (the process works), /readyz (it can serve), /metrics. Apart from the traffic, so that it answers under load. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';
import { type Health, listenError } from './service.ts';

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startHealthServer(options: {
  readonly port: number;
  readonly host: string;
  readonly live: () => Health;
  readonly ready: () => Health;
  readonly metrics: Metrics;
}): Promise<HealthServer> {
  const answers: Record<string, () => Promise<{ status: number; type: string; body: string }>> = {
    '/livez': async () => healthAnswer(options.live()),
    '/readyz': async () => healthAnswer(options.ready()),
    '/metrics': async () => ({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      body: await options.metrics.text(),
    }),
  };
  const server = createServer((request, response) => {
    const answer = answers[(request.url ?? '').split('?')[0] as string];
    if (!answer || request.method !== 'GET') {
      response.writeHead(404).end();
      return;
    }
    answer().then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, options.host, options.port, 'CLATTER_HEALTH_PORT')));
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const healthAnswer = (health: Health): { status: number; type: string; body: string } => ({
  status: health.ok ? 200 : 503,
  type: 'application/json',
  body: JSON.stringify(health),
});
