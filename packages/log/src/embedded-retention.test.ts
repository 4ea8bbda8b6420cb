import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, systemClock } from '@clatter/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMIT_TABLE, EmbeddedCommits } from './embedded-commits.ts';
import { startRetention } from './embedded-retention.ts';
import { EmbeddedTopic, TOPIC_TABLES, topicStatements } from './embedded-topic.ts';
import { openStorage, type Storage } from './storage.ts';
import type { Topic } from './topics.ts';

const MINUTE_MS = 60_000;
const KIB = 1024;
const GROUP = 'readers';
const logger = createLogger({ service: 'test', level: 'silent' });
const table: Topic = {
  name: 'test',
  partitions: 1,
  retentionMs: 7 * 24 * 60 * MINUTE_MS,
  embeddedRetentionMs: 60 * MINUTE_MS,
  acks: 'all',
  purpose: 'this test',
};

let dir: string;
let storage: Storage;
let nowMs = 1_800_000_000_000;
const clock = { ...systemClock, nowMs: () => nowMs };

async function open(): Promise<{ topic: EmbeddedTopic; commits: EmbeddedCommits }> {
  storage = await openStorage({ dir, logger });
  await storage.migrate('log', [TOPIC_TABLES + COMMIT_TABLE]);
  const commits = await EmbeddedCommits.load(storage, clock);
  const topic = await EmbeddedTopic.open(table, 1, storage, topicStatements(storage), clock);
  storage.onGroup((add) => {
    const told = [commits.contribute(add), topic.contribute(add)];
    return () => {
      for (const tell of told) tell?.();
    };
  });
  return { topic, commits };
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'clatter-retention-'));
});
afterEach(async () => {
  await storage.close();
  rmSync(dir, { recursive: true, force: true });
});

/** One chunk for each, a minute apart. */
async function append(topic: EmbeddedTopic, chunks: number, bytes = 100): Promise<void> {
  for (let i = 0; i < chunks; i++) {
    nowMs += MINUTE_MS;
    topic.append({ key: 'k', value: new Uint8Array(bytes) });
    await storage.write([]);
  }
}

const firstOffset = async (topic: EmbeddedTopic): Promise<number | undefined> => (await topic.read(0, 1))[0]?.offset;

describe('a record of the embedded log', () => {
  it('goes when it is older than its topic keeps it there, and all who read it have committed', async () => {
    const { topic, commits } = await open();
    const retention = startRetention({ topics: [topic], commits, storage, clock, logger });
    await append(topic, 300);
    await commits.commit(GROUP, 'test', 100);
    await retention.run();
    expect(await firstOffset(topic)).toBe(100);
    await commits.commit(GROUP, 'test', 300);
    await retention.run();
    expect(await firstOffset(topic)).toBe(239);
    retention.stop();
  });

  it('goes where its topic takes too much, after a restart too; the newest stays', async () => {
    let { topic, commits } = await open();
    const first = startRetention({ topics: [topic], commits, storage, clock, logger, topicBytesMax: 100 * KIB });
    await append(topic, 30, 10 * KIB);
    await commits.commit(GROUP, 'test', 10);
    await first.run();
    expect(await firstOffset(topic)).toBe(10);
    first.stop();
    await storage.close();
    ({ topic, commits } = await open());
    await commits.commit(GROUP, 'test', 30);
    const again = startRetention({ topics: [topic], commits, storage, clock, logger, topicBytesMax: 100 * KIB });
    await again.run();
    expect(await firstOffset(topic)).toBe(20);
    again.stop();
    const none = startRetention({ topics: [topic], commits, storage, clock, logger, topicBytesMax: 0 });
    await none.run();
    expect(await firstOffset(topic)).toBe(29);
    none.stop();
  });
});
