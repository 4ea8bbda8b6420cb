/**
 * The whole platform over TLS, with certificates of its own and passwords, to the servers and between services; and what a service says where
 * those are wrong.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClatterClient } from '@clatter/client';
import { CertificateAuthority, type Certified, ROOT, Stack } from '@clatter/cluster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClusterNet, until } from './index.ts';

/** Shared by all services: they are called by their addresses, and show this name. */
const INTERNAL = 'clatter.internal';
const SECRET = 'not-to-be-told-to-anybody';

type Env = Readonly<Record<string, string>>;

/** Runs the commands of docs/securing.md. */
function followDocument(cwd: string): void {
  const [, commands = ''] = /```sh\n(.*?)```/s.exec(readFileSync(join(ROOT, 'docs/securing.md'), 'utf8')) ?? [];
  execFileSync('bash', ['-euo', 'pipefail', '-c', commands], { cwd, stdio: 'pipe' });
}

let dir: string;
let stack: Stack;
let net: ClusterNet;
let ended: Certified;
let strangers: CertificateAuthority;

/** Certificates that a process shows or trusts, in the settings of all that it speaks to. */
const everywhere = (part: 'CA' | 'CERT' | 'KEY', file: string): Env =>
  Object.fromEntries(
    [
      ...['KAFKA_TLS', 'CASSANDRA_TLS', 'REDIS_TLS', 'AUTH_DATABASE'].map((server) => `${server}_${part}_FILE`),
      `GRPC_TLS_${part}`,
    ].map((name) => [`CLATTER_${name}`, file]),
  );

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'clatter-certificates-'));
  followDocument(dir);
  const made = (name: string): Certified => ({ certificate: join(dir, `${name}.pem`), key: join(dir, `${name}.key`) });
  const [ca, server, client] = [join(dir, 'ca.pem'), made('server'), made('service')];
  ended = new CertificateAuthority(dir).issue('ended', `DNS:${INTERNAL}`, -1);
  strangers = new CertificateAuthority(join(dir, 'strangers'));
  stack = await Stack.temporary(false, true, { security: { ca, server, client, password: SECRET } });
  await stack.start();
  net = await ClusterNet.start({
    counts: { gateway: 1, messages: 1 },
    servers: stack.addresses,
    env: {
      ...stack.settings,
      ...everywhere('CA', ca),
      ...everywhere('CERT', client.certificate),
      ...everywhere('KEY', client.key),
      CLATTER_GRPC_TLS_NAME: INTERNAL,
    },
  });
});
afterAll(async () => {
  await net?.[Symbol.asyncDispose]();
  await stack?.destroy();
  rmSync(dir, { recursive: true, force: true });
});

it('people chat, and go on after a restart, by whichever mechanism a process tells the brokers its password', async () => {
  const [alice, bob] = (await net.people('alice', 'bob')) as [ClatterClient, ClatterClient];
  const { conversationId } = await alice.openDirect(bob.userId);
  await alice.send(conversationId, 'before').acked;
  expect(await net.cluster.stop()).toEqual([]);
  const waiting = bob.send(conversationId, 'after');
  const mechanisms: Readonly<Record<string, string>> = { 'gateway-1': 'plain', 'messages-1': 'scram-sha-256' };
  for (const process of net.cluster.processes)
    await process.spawn({ CLATTER_KAFKA_SASL_MECHANISM: mechanisms[process.name] ?? 'scram-sha-512' });
  await Promise.all(net.cluster.processes.map((process) => process.ready()));
  await waiting.acked;
  await until('alice to have all', () => alice.events(conversationId).at(-1)?.seq === 3, 30_000);
  const { events } = await alice.history(conversationId);
  expect(events.flatMap(({ message }) => message?.content?.text?.body ?? [])).toEqual(['before', 'after']);
});

describe('what only the other side can tell', () => {
  const PROCESSES = ['auth-1', 'presence-1', 'messages-1', 'notifications-1', 'gateway-1'] as const;
  type Wrong = Readonly<Record<(typeof PROCESSES)[number], Env>>;

  const otherPassword = (url: string): string => {
    const wrong = new URL(url);
    wrong.password = 'another';
    return wrong.href;
  };
  const both = (setting: string): Env => ({
    [`CLATTER_${setting}_CERT_FILE`]: ended.certificate,
    [`CLATTER_${setting}_KEY_FILE`]: ended.key,
  });

  /** Warnings and errors, without when it was. */
  const complaints = (log: string): string[] =>
    log.split('\n').flatMap((line) => (/^{"level":[45]0,/.test(line) ? line.replace(/"time":"[^"]*",/, '') : []));

  /** Each towards another server, or another service. */
  const cases: readonly (readonly [
    what: string,
    settings: () => Wrong,
    told: Readonly<Record<keyof Wrong, RegExp>>,
  ])[] = [
    [
      'an authority that is not that of the other side',
      () => ({
        'auth-1': { CLATTER_AUTH_DATABASE_CA_FILE: strangers.certificate },
        'presence-1': { CLATTER_REDIS_TLS_CA_FILE: strangers.certificate },
        'messages-1': { CLATTER_CASSANDRA_TLS_CA_FILE: strangers.certificate },
        'notifications-1': { CLATTER_KAFKA_TLS_CA_FILE: strangers.certificate },
        'gateway-1': { CLATTER_GRPC_TLS_CA: strangers.certificate },
      }),
      {
        'auth-1': /the database is away: (self-signed|unable to verify)/,
        'presence-1': /Redis is away: (self-signed|unable to verify)/,
        'messages-1': /not connected to Cassandra yet: \S+ (self-signed|unable to verify)/,
        'notifications-1': /waits for Kafka: .*(self-signed|unable to verify)/,
        'gateway-1': /waits for presence at .*(self-signed|unable to verify)/,
      },
    ],
    [
      'a wrong password',
      () => ({
        'auth-1': { CLATTER_AUTH_DATABASE_URL: otherPassword(stack.addresses.postgres) },
        'presence-1': { CLATTER_REDIS_URL: otherPassword(stack.addresses.redis) },
        'messages-1': { CLATTER_CASSANDRA_PASSWORD: 'another' },
        'notifications-1': { CLATTER_KAFKA_SASL_PASSWORD: 'another' },
        'gateway-1': { CLATTER_KAFKA_SASL_PASSWORD: 'another', CLATTER_KAFKA_SASL_MECHANISM: 'plain' },
      }),
      {
        'auth-1': /the database is away: password authentication failed for user "postgres"/,
        'presence-1': /Redis is away: WRONGPASS/,
        'messages-1': /not connected to Cassandra yet: .*password are incorrect/,
        'notifications-1': /waits for Kafka: .*SASL SCRAM SHA512 authentication failed/,
        'gateway-1': /waits for Kafka: .*SASL PLAIN authentication failed/,
      },
    ],
    [
      'a certificate that has ended',
      () => ({
        'auth-1': both('AUTH_DATABASE'),
        'presence-1': both('REDIS_TLS'),
        'messages-1': both('CASSANDRA_TLS'),
        'notifications-1': both('KAFKA_TLS'),
        'gateway-1': { CLATTER_GRPC_TLS_CERT: ended.certificate, CLATTER_GRPC_TLS_KEY: ended.key },
      }),
      {
        'auth-1': /the database is away: TLS: the other side says: certificate expired/,
        'presence-1': /Redis is away: TLS: the other side says: certificate expired/,
        'messages-1': /not connected to Cassandra yet: .*the other side says: certificate expired/,
        // Java's servers do not say which.
        'notifications-1': /waits for Kafka: .*the other side says: certificate/,
        'gateway-1': /waits for presence at .*it may want another certificate/,
      },
    ],
  ];

  it.each(cases)('%s: one line in the log, /readyz tells, and the process goes on', async (_, settings, told) => {
    await net.cluster.stop();
    const wrong = settings();
    for (const name of PROCESSES) await net.cluster.process(name).spawn(wrong[name]);
    const started = new Map(PROCESSES.map((name) => [name, net.cluster.process(name).pid]));
    for (const name of PROCESSES) {
      let health = '';
      await until(
        `${name} to tell`,
        async () => {
          health = (await net.cluster.states()).find((state) => state.name === name)?.health ?? '';
          return told[name].test(health);
        },
        60_000,
      ).catch((error: Error) => {
        throw new Error(`${error.message}: ${health}\n${net.cluster.process(name).tail()}`);
      });
    }
    for (const name of PROCESSES) {
      const process = net.cluster.process(name);
      expect(process.pid).toBe(started.get(name));
      expect(process.log).not.toContain(SECRET);
      const lines = complaints(process.log);
      expect(lines).not.toEqual([]);
      expect(lines).toEqual([...new Set(lines)]);
    }
    expect(await net.cluster.stop()).toEqual([]);
  });

  it('and all is well once the settings are', async () => {
    await net.cluster.stop();
    await net.cluster.start();
    const bob = await net.device('bob');
    const alice = await net.person('carol');
    const { conversationId } = await alice.openDirect(bob.userId);
    expect((await alice.send(conversationId, 'hello').acked).seq).toBe(2);
  });
});
