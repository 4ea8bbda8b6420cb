import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics, type Health, type HealthServer, StartError, startHealthServer } from './index.ts';

const fine: Health = { ok: true, reasons: [] };
const servers: HealthServer[] = [];
const start = async (ready: () => Health = () => fine, port = 0): Promise<HealthServer> => {
  const metrics = createMetrics();
  metrics.counter('clatter_x_total', 'X').add(7);
  const server = await startHealthServer({ port, host: '127.0.0.1', live: () => fine, ready, metrics });
  servers.push(server);
  return server;
};
const get = async (server: HealthServer, path: string, method = 'GET') => {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
};

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

describe('startHealthServer', () => {
  it('says whether it lives and whether it is ready, and why not', async () => {
    let ready: Health = { ok: false, reasons: ['the log is away'] };
    const server = await start(() => ready);
    expect(await get(server, '/livez')).toMatchObject({ status: 200, body: '{"ok":true,"reasons":[]}' });
    expect(await get(server, '/readyz?verbose')).toEqual({
      status: 503,
      type: 'application/json',
      body: '{"ok":false,"reasons":["the log is away"]}',
    });
    ready = fine;
    expect((await get(server, '/readyz')).status).toBe(200);
  });

  it('shows the metrics', async () => {
    const { status, type, body } = await get(await start(), '/metrics');
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(body).toMatch(/^clatter_x_total\{.*\} 7$/m);
  });

  it.each([
    ['GET', '/'],
    ['GET', '/metrics/'],
    ['GET', '/constructor'],
    ['GET', '/__proto__'],
    ['POST', '/livez'],
  ])('answers %s %s with 404', async (method, path) => {
    expect((await get(await start(), path, method)).status).toBe(404);
  });

  it('answers 500, and lives on, where a check throws', async () => {
    const server = await start(() => {
      throw new Error('a bug');
    });
    expect((await get(server, '/readyz')).status).toBe(500);
    expect((await get(server, '/livez')).status).toBe(200);
  });

  it('names the setting when its port is taken', async () => {
    const { port } = await start();
    const failed = start(undefined, port);
    await expect(failed).rejects.toBeInstanceOf(StartError);
    await expect(failed).rejects.toThrow(`port ${port} on 127.0.0.1 is taken; set CLATTER_HEALTH_PORT to a free one`);
  });

  it('closes at once, connections that are kept alive too', async () => {
    const server = await start();
    await get(server, '/livez');
    const started = Date.now();
    await servers.splice(0)[0]?.close();
    expect(Date.now() - started).toBeLessThan(2000);
    await expect(get(server, '/livez')).rejects.toThrow();
  });
});
