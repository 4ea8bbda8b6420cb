/** Certificates towards a real Redis that are replaced while a process runs. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateAuthority, Daemon, freePorts, redis } from '@clatter/cluster';
import { createLogger, loadConfig } from '@clatter/runtime';
import { redisConfig, redisOf } from '@clatter/runtime/redis';
import { expect, it } from 'vitest';

const PASSWORD = 'secret';

it('a process goes on with the new ones, of another authority even, without a restart', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-redis-tls-'));
  const [port] = (await freePorts(1)) as [number];
  const [own, ca, key] = ['own.pem', 'ca.pem', 'own.key'].map((name) => join(dir, name)) as [string, string, string];
  /** A Redis with certificates of an authority of its own, which are this process' too from now on. */
  const redisOfAuthority = (name: string): Daemon => {
    const authority = new CertificateAuthority(join(dir, name));
    const server = authority.issue('server', 'IP:127.0.0.1');
    const client = authority.issue('client', 'DNS:clatter.internal');
    copyFileSync(authority.certificate, ca);
    copyFileSync(client.certificate, own);
    copyFileSync(client.key, key);
    const security = { ca: authority.certificate, server, client, password: PASSWORD };
    return new Daemon(redis({ dataDir: join(dir, 'data'), port, security }), join(dir, name, 'run'));
  };
  let server = redisOfAuthority('first');
  const config = loadConfig(redisConfig, {
    CLATTER_REDIS_URL: `rediss://clatter:${PASSWORD}@127.0.0.1:${port}`,
    CLATTER_REDIS_TLS_CA_FILE: ca,
    CLATTER_REDIS_TLS_CERT_FILE: own,
    CLATTER_REDIS_TLS_KEY_FILE: key,
  });
  const link = redisOf(config, createLogger({ service: 'test', level: 'silent' }));
  try {
    await server.start();
    await link?.open();
    await expect.poll(() => link?.health().ok, { timeout: 15_000 }).toBe(true);
    await server.stop();
    server = redisOfAuthority('second');
    await server.start();
    await expect.poll(() => link?.health().ok, { timeout: 15_000 }).toBe(true);
    expect(await link?.call((client) => client.ping())).toBe('PONG');
  } finally {
    await link?.close();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});
