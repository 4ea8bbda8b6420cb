/** A gateway behind the real HAProxy, which ends TLS: who a client is, for limits by address, is what the proxy saw and not what the client says. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateAuthority, Daemon, freePorts, haproxy } from '@clatter/cluster';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestNet } from './index.ts';
import { PASSWORD } from './people.ts';

const REGISTRATIONS_MAX = 2;

let dir: string;
let net: TestNet;
let proxy: Daemon;
let port: number;
let ca: Buffer;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'clatter-proxy-'));
  [port] = (await freePorts(1)) as [number];
  const authority = new CertificateAuthority(join(dir, 'authority'));
  ca = readFileSync(authority.certificate);
  net = await TestNet.start({
    CLATTER_TRUSTED_PROXIES: '127.0.0.1',
    CLATTER_PUBLIC_URL: `https://localhost:${port}`,
    CLATTER_AUTH_REGISTRATIONS_PER_ADDRESS: `${REGISTRATIONS_MAX}`,
  });
  const gateway = { name: 'gateway-1', port: portOf(net.url), healthPort: portOf(net.clatter.healthUrl) };
  const certified = authority.issue('proxy', 'DNS:localhost');
  proxy = new Daemon(haproxy({ dir: join(dir, 'haproxy'), port, gateways: [gateway], certified }), join(dir, 'run'));
  await proxy.start();
});
afterAll(async () => {
  await proxy?.stop();
  await net?.[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

const portOf = (url: string): number => Number(new URL(url).port);
let names = 0;

interface Answer {
  readonly status: number | undefined;
  readonly cookie: string;
}

/** Registers somebody from an address of loopback, through the proxy or past it. */
function register(from: string, headers: Readonly<Record<string, string>> = {}, past = false): Promise<Answer> {
  const target = past
    ? { host: '127.0.0.1', port: portOf(net.url) }
    : { host: '127.0.0.1', port, servername: 'localhost', ca, checkServerIdentity: () => undefined };
  return new Promise((resolve, reject) => {
    const body = JSON.stringify({ username: `somebody${names++}`, password: PASSWORD });
    const options = { method: 'POST', path: '/v1/accounts', localAddress: from, agent: false, ...target };
    (past ? plainRequest : request)(
      { ...options, headers: { ...headers, host: `localhost:${port}`, 'content-type': 'application/json' } },
      (response) => {
        response.resume();
        resolve({ status: response.statusCode, cookie: response.headers['set-cookie']?.join() ?? '' });
      },
    )
      .on('error', reject)
      .end(body);
  });
}

async function statuses(count: number, run: (index: number) => Promise<Answer>): Promise<(number | undefined)[]> {
  const all: (number | undefined)[] = [];
  for (let index = 0; index < count; index++) all.push((await run(index)).status);
  return all;
}

it('limits by address are those of the client, whatever it writes into X-Forwarded-For', async () => {
  const forged = (index: number) => register('127.0.0.2', { 'x-forwarded-for': `6.6.6.${index}, 7.7.7.${index}` });
  expect(await statuses(REGISTRATIONS_MAX + 1, forged)).toEqual([201, 201, 429]);
  expect((await register('127.0.0.3')).status).toBe(201);
});

it('whoever comes past the proxy from an address that is not trusted is believed nothing', async () => {
  const past = (index: number) => register('127.0.0.4', { 'x-forwarded-for': `6.6.7.${index}` }, true);
  expect(await statuses(REGISTRATIONS_MAX + 1, past)).toEqual([201, 201, 429]);
});

it('a network of IPv6 is one client', async () => {
  // The proxy itself may say so.
  const from = (address: string) => register('127.0.0.1', { 'x-forwarded-for': address }, true);
  expect(await statuses(REGISTRATIONS_MAX + 1, (index) => from(`2001:db8:1:2::${index}`))).toEqual([201, 201, 429]);
  expect((await from('2001:db8:1:3::1')).status).toBe(201);
  expect((await from('::ffff:127.0.0.2')).status).toBe(429);
});

it('cookies are Secure, and pages of the public address open sockets', async () => {
  const { cookie } = await register('127.0.0.5');
  expect(cookie).toMatch(/; HttpOnly/);
  expect(cookie).toMatch(/; Secure/);
  const open = (origin: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = {
        ...{ connection: 'Upgrade', upgrade: 'websocket', origin, 'sec-websocket-version': '13' },
        ...{ 'sec-websocket-key': randomBytes(16).toString('base64'), 'sec-websocket-protocol': 'clatter.v1.json' },
      };
      request({ host: 'localhost', family: 4, port, path: '/v1/ws', ca, headers, agent: false })
        .on('upgrade', ({ statusCode }, socket) => {
          socket.destroy();
          resolve(statusCode);
        })
        .on('response', (response) => {
          response.resume();
          resolve(response.statusCode);
        })
        .on('error', reject)
        .end();
    });
  expect(await open(`https://localhost:${port}`)).toBe(101);
  expect(await open('https://elsewhere.example')).toBe(403);
});
