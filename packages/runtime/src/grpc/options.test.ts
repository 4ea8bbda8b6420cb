/** Certificates: who trusts whom. They are made by openssl for each run. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../config.ts';
import { grpcConfig } from './config.ts';
import { type GrpcOptions, loadGrpcOptions } from './options.ts';
import { EchoNet, plain, sleepMs } from './testing.ts';

const dir = mkdtempSync(join(tmpdir(), 'clatter-tls-'));
const at = (name: string): string => join(dir, name);
const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'pipe', cwd: dir });

function makeCa(name: string): void {
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
  );
}

function makeCertificate(name: string, ca: string, subjectAltName: string): void {
  openssl(
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
  );
  writeFileSync(at(`${name}.ext`), `subjectAltName=${subjectAltName}\n`);
  openssl(
    'x509',
    '-req',
    '-days',
    '2',
    '-in',
    `${name}.csr`,
    '-CA',
    `${ca}.pem`,
    '-CAkey',
    `${ca}.key`,
    '-CAcreateserial',
    '-extfile',
    `${name}.ext`,
    '-out',
    `${name}.pem`,
  );
}

const options = (env: Readonly<Record<string, string>>): GrpcOptions => loadGrpcOptions(loadConfig(grpcConfig, env));
const certified = (name: string, ca: string, more: Readonly<Record<string, string>> = {}): GrpcOptions =>
  options({
    CLATTER_GRPC_TLS_CA: at(`${ca}.pem`),
    CLATTER_GRPC_TLS_CERT: at(`${name}.pem`),
    CLATTER_GRPC_TLS_KEY: at(`${name}.key`),
    CLATTER_GRPC_DEADLINE_MS: '3000',
    ...more,
  });

beforeAll(() => {
  makeCa('ours');
  makeCa('theirs');
  makeCertificate('one', 'ours', 'IP:127.0.0.1,DNS:localhost');
  makeCertificate('service', 'ours', 'DNS:clatter.internal');
  makeCertificate('stranger', 'theirs', 'IP:127.0.0.1');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('with certificates', () => {
  it('those of one CA call each other, strangers do not', async () => {
    await using net = new EchoNet();
    const { port } = await net.serve({}, certified('one', 'ours'));
    expect(await net.client(port, certified('one', 'ours')).calls.say({ limit: 3 })).toMatchObject({ limit: 3 });
    for (const caller of [
      certified('stranger', 'theirs'),
      certified('stranger', 'ours'),
      { ...plain, deadlineMs: 3000 },
    ])
      await expect(net.client(port, caller).calls.say({})).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('say why they cannot connect', async () => {
    await using net = new EchoNet();
    const { port } = await net.serve({}, certified('one', 'ours'));
    const why = (caller: GrpcOptions) => net.client(port, caller).connected();
    await expect(why(certified('one', 'theirs'))).rejects.toThrow(
      new RegExp(`^nobody answers at 127\\.0\\.0\\.1:${port}: (self-signed|unable to verify)`),
    );
    await expect(why({ ...plain, deadlineMs: 3000 })).rejects.toThrow(/: it ended the connection at once;/);
  });

  it('anybody calls where the setting says so', async () => {
    await using net = new EchoNet();
    const { port } = await net.serve({}, certified('one', 'ours', { CLATTER_GRPC_TLS_CLIENTS: 'any' }));
    expect(await net.client(port, certified('stranger', 'ours')).calls.say({ limit: 3 })).toMatchObject({ limit: 3 });
  });

  it('the name is that of the host, or the one that is set', async () => {
    await using net = new EchoNet();
    const { port } = await net.serve({}, certified('service', 'ours'));
    await expect(net.client(port, certified('one', 'ours')).calls.say({})).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    const named = certified('one', 'ours', { CLATTER_GRPC_TLS_NAME: 'clatter.internal' });
    expect(await net.client(port, named).calls.say({ limit: 3 })).toMatchObject({ limit: 3 });
  });
});

describe('certificates that are replaced', () => {
  it('are shown and trusted from then on, without a restart', async () => {
    for (const [from, to] of [
      ['ours.pem', 'ca'],
      ['one.pem', 'cert'],
      ['one.key', 'key'],
    ] as const)
      copyFileSync(at(from), at(to));
    const files = { CLATTER_GRPC_TLS_CA: at('ca'), CLATTER_GRPC_TLS_CERT: at('cert'), CLATTER_GRPC_TLS_KEY: at('key') };
    await using net = new EchoNet();
    const { port } = await net.serve({}, options(files));
    expect(await net.client(port, options(files)).calls.say({ limit: 3 })).toMatchObject({ limit: 3 });
    const stranger = () => net.client(port, certified('stranger', 'theirs')).calls.say({ limit: 4 });
    await expect(stranger()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    for (const [from, to] of [
      ['theirs.pem', 'ca'],
      ['stranger.pem', 'cert'],
      ['stranger.key', 'key'],
    ] as const)
      copyFileSync(at(from), at(to));
    // The server looks at its files every few seconds.
    for (const untilMs = Date.now() + 20_000; ; await sleepMs(500)) {
      const answer = await stranger().catch((error: unknown) => error);
      if (!(answer instanceof Error)) return expect(answer).toMatchObject({ limit: 4 });
      if (Date.now() > untilMs) throw answer;
    }
  });
});

describe('settings that cannot be are refused in one line', () => {
  it('a name for certificates that are not there', () => {
    expect(() => options({ CLATTER_GRPC_TLS_NAME: 'clatter.internal' })).toThrow(/^CLATTER_GRPC_TLS_NAME: want /);
  });

  it('a part of the files', () => {
    expect(() => options({ CLATTER_GRPC_TLS_CA: at('ours.pem') })).toThrow(
      'CLATTER_GRPC_TLS_CERT: want a file, since CLATTER_GRPC_TLS_CA, CLATTER_GRPC_TLS_CERT, CLATTER_GRPC_TLS_KEY go together',
    );
  });

  it('a file that is not there, and one that is something else', () => {
    expect(() => certified('nobody', 'ours')).toThrow(
      /^CLATTER_GRPC_TLS_CERT: want a file that can be read, got .*ENOENT/,
    );
    const wrong = () => certified('one', 'ours', { CLATTER_GRPC_TLS_KEY: at('one.ext') });
    expect(wrong).toThrow(ConfigError);
    expect(wrong).toThrow(/^CLATTER_GRPC_TLS_KEY: want the private key .* got ".*one\.ext"/);
  });
});
