import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClatterClient, MemoryStorage } from '@clatter/client';
import { freePorts } from '@clatter/cluster';
import { afterEach, describe, expect, it } from 'vitest';
import { PlatformProcess, RawSocket, TestNet, until } from './index.ts';
import { PASSWORD } from './people.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function platform(env: Record<string, string> = {}): Promise<PlatformProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-kill-'));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  const process_ = new PlatformProcess({
    CLATTER_DATA_DIR: dir,
    CLATTER_HTTP_PORT: String((await freePorts(1))[0]),
    ...env,
  });
  cleanups.push(() => process_.end('SIGKILL'));
  await process_.start();
  return process_;
}

const register = async (url: string, username: string): Promise<ClatterClient> => {
  const client = await ClatterClient.register(
    { url, storage: new MemoryStorage(), random: () => 0.1 },
    { username, password: PASSWORD },
  );
  cleanups.push(() => client.close());
  await client.connect();
  return client;
};

describe('kill -9 of the whole platform', () => {
  it('gives a marked repeat the first seq after a restart, and an unmarked one too', async () => {
    const server = await platform();
    const alice = await register(server.url, 'alice');
    const { conversationId } = await alice.openDirect(alice.userId);
    const { messageId, acked } = alice.send(conversationId, 'once');
    const ack = await acked;
    for (let i = 0; i < 100; i++) await alice.send(conversationId, `later ${i}`).acked;
    await server.end('SIGKILL');
    await server.start();
    const raw = await RawSocket.hello(server.url, alice.accessToken);
    const send = { conversationId, messageId, content: { text: { body: 'once' } } };
    raw.send({ ref: 2, send: { ...send, retry: true } });
    raw.send({ ref: 3, send });
    raw.send({ ref: 4, send: { ...send, retry: true, knownSeq: '1' } });
    for (const ref of [2, 3, 4]) expect((await raw.answer(ref)).ack?.seq).toBe(ack.seq);
    raw.close();
  });
});

describe('the life of the process', () => {
  it('drains on SIGTERM and SIGINT, exits with 0, and keeps everything', async () => {
    const server = await platform();
    const alice = await register(server.url, 'alice');
    const { conversationId } = await alice.openDirect(alice.userId);
    await alice.send(conversationId, 'kept').acked;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      expect(await server.end(signal)).toBe(0);
      await server.start();
    }
    await until('the client to come back', () => alice.state === 'live');
    expect((await alice.history(conversationId)).events.at(-1)?.message?.content?.text?.body).toBe('kept');
  });

  it.each([
    ['a bad setting', { CLATTER_HTTP_PORT: 'abc' }, /^clatter: CLATTER_HTTP_PORT: .*got "abc"$/m],
    [
      'a setting that does not exist',
      { CLATTER_HTTP_PROT: '1' },
      /^clatter: CLATTER_HTTP_PROT: there is no such setting$/m,
    ],
    [
      'a folder that is a file',
      { CLATTER_DATA_DIR: '/dev/null' },
      /^clatter: data folder \/dev\/null .*CLATTER_DATA_DIR/m,
    ],
  ])('says %s in one line and exits with 1', async (_, env, line) => {
    const server = new PlatformProcess({ CLATTER_DATA_DIR: join(tmpdir(), 'clatter-never'), ...env });
    await expect(server.start()).rejects.toThrow('ended with 1');
    expect(server.output).toMatch(line);
    expect(server.output.trim().split('\n')).toHaveLength(1);
  });

  it('says that a port is taken, or the folder, in one line', async () => {
    const server = await platform();
    const port = new URL(server.url).port;
    const dir = mkdtempSync(join(tmpdir(), 'clatter-second-'));
    cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
    const second = new PlatformProcess({ CLATTER_DATA_DIR: dir, CLATTER_HTTP_PORT: port });
    await expect(second.start()).rejects.toThrow('ended with 1');
    expect(second.output.trim()).toBe(
      `clatter: port ${port} on 127.0.0.1 is taken; set CLATTER_HTTP_PORT to a free one`,
    );
  });
});

describe('a disk that is full', () => {
  it('refuses sends with UNAVAILABLE, keeps nothing half done, and goes on when there is room', async () => {
    await using net = await TestNet.start();
    const alice = await net.person('alice');
    const { conversationId } = await alice.openDirect(alice.userId);
    await alice.send(conversationId, 'before').acked;
    const raw = await RawSocket.hello(net.url, alice.accessToken);
    await net.clatter.storage.limitPages(1);
    const filler = 'x'.repeat(16_000);
    const send = (ref: number): void =>
      raw.send({ ref, send: { conversationId, messageId: crypto.randomUUID(), content: { text: { body: filler } } } });
    let ref = 2;
    const refused = await until('a refusal', () => {
      send(ref++);
      return raw.frames.find((frame) => frame.reject);
    });
    expect(refused.reject).toMatchObject({ code: 'UNAVAILABLE' });
    expect(refused.reject?.retryAfterMs).toBeGreaterThan(0);
    expect((await fetch(`${net.clatter.healthUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${net.clatter.healthUrl}/livez`)).status).toBe(200);
    // The SDK's outbox waits, and what it holds arrives once there is room.
    const { acked } = alice.send(conversationId, 'during');
    await net.clatter.storage.limitPages(0);
    await acked;
    await until('ready again', async () => (await fetch(`${net.clatter.healthUrl}/readyz`)).status === 200);
    const events = (await alice.history(conversationId, { limit: 100 })).events;
    expect(events.map((event) => event.seq)).toEqual(
      events.map((_, index) => (events[0] as { seq: number }).seq + index),
    );
    expect(events.at(-1)?.message?.content?.text?.body).toBe('during');
    const bodies = events.flatMap((event) => event.message?.messageId ?? []);
    expect(new Set(bodies).size).toBe(bodies.length);
  });
});
