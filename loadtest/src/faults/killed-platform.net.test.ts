/** The whole platform in one process on embedded storage, killed again and again while two people write without waiting. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClatterClient, MemoryStorage } from '@clatter/client';
import { freePorts } from '@clatter/cluster';
import { PlatformProcess, until } from '@clatter/testnet';
import { afterEach, expect, it } from 'vitest';
import { HistoryChecker } from '../history/history-checker.ts';
import { Recorder, recordLog } from '../history/recorder.ts';
import { Random } from './random.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const KILLS = 4;

it('keeps the promise', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-kill-'));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  const server = new PlatformProcess({ CLATTER_DATA_DIR: dir, CLATTER_HTTP_PORT: String((await freePorts(1))[0]) });
  cleanups.push(() => server.end('SIGKILL'));
  await server.start();
  const checker = new HistoryChecker();
  const recorder = new Recorder(checker.take);
  const register = async (username: string): Promise<ClatterClient> => {
    const device = recorder.device(`device of ${username}`);
    const client = await ClatterClient.register(
      { url: server.url, storage: new MemoryStorage(), random: () => 0.1, tap: device.tap },
      { username, password: 'correct horse battery' },
    );
    cleanups.push(() => client.close());
    device.watch(client);
    await client.connect();
    return client;
  };
  const people = [await register('alice'), await register('bob')] as const;
  const { conversationId } = await people[0].openDirect(people[1].userId);
  let running = true;
  let sent = 0;
  const talk = async (from: ClatterClient): Promise<void> => {
    for (; running; sent++) {
      from.send(conversationId, `message ${sent}`);
      await sleep(2);
    }
  };
  const talking = people.map(talk);
  const random = new Random(1);
  for (let round = 0; round < KILLS; round++) {
    // A kill between two connections breaks nothing: both are back, and are answered again, before the next.
    const { acks } = recorder.traffic;
    const connections = people.length * (round + 1);
    await until('both to be back', () => recorder.traffic.connections >= connections, 60_000);
    await until('acks to come again', () => recorder.traffic.acks > acks, 60_000);
    await sleep(random.between(400, 1000));
    await server.end('SIGKILL');
    await server.start();
  }
  await sleep(500);
  running = false;
  await Promise.all(talking);
  await until('the outboxes to empty', () => people.every(({ waiting }) => waiting === 0), 60_000);
  for (const person of people) {
    await until('the live view to be whole', () => person.events(conversationId).at(-1)?.seq === sent + 1, 60_000);
    await recordLog(person, conversationId, checker.take);
  }
  checker.finishAll();
  expect(checker.findings.first).toEqual([]);
  expect(checker.size).toMatchObject({ commands: sent, events: sent + 1 });
  expect(recorder.traffic.connections).toBeGreaterThanOrEqual(people.length * (KILLS + 1));
  expect(sent).toBeGreaterThan(300);
});
