/**
 * The whole platform over TLS, with certificates of its own and passwords, to the servers and between services.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClatterClient } from '@clatter/client';
import { type Certified, ROOT, Stack } from '@clatter/cluster';
import { afterAll, beforeAll, expect, it } from 'vitest';
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

it('people chat, and go on after restarts, by whichever mechanism the brokers are told the password', async () => {
  const [alice, bob] = (await net.people('alice', 'bob')) as [ClatterClient, ClatterClient];
  const { conversationId } = await alice.openDirect(bob.userId);
  const sent = ['scram-sha-512'];
  await alice.send(conversationId, 'scram-sha-512').acked;
  for (const mechanism of ['scram-sha-256', 'plain']) {
    expect(await net.cluster.stop()).toEqual([]);
    const waiting = bob.send(conversationId, mechanism);
    await net.cluster.start({ CLATTER_KAFKA_SASL_MECHANISM: mechanism });
    await waiting.acked;
    sent.push(mechanism);
  }
  await until('alice to have all', () => alice.events(conversationId).at(-1)?.seq === 1 + sent.length, 30_000);
  const { events } = await alice.history(conversationId);
  expect(events.flatMap(({ message }) => message?.content?.text?.body ?? [])).toEqual(sent);
});
