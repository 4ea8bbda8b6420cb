/**
 * Figures of the messages service on a store: `conversations` loads many and speaks to them, `pages` asks for the newest page.
 *
 *   make bench-messages ARGS="conversations --count 1000000 --sends 300000 --cassandra 127.0.0.1:19042 --keyspace bench"
 *   make bench-messages ARGS="pages --dir /tmp/bench"
 *
 * Without --cassandra the store is SQLite in --dir. What is there already is not loaded again with --loaded.
 */
import { parseArgs } from 'node:util';
import { openStorage } from '@clatter/log';
import { createLogger, createMetrics, loadConfig, systemClock } from '@clatter/runtime';
import { createCassandraMessageStore } from '../adapters/cassandra-message-store.ts';
import { createSqliteMessageStore } from '../adapters/sqlite-message-store.ts';
import { cassandraConfig } from '../cassandra-config.ts';
import type { MessageStore } from '../ports.ts';
import { loadConversations, speakToMany } from './many-conversations.ts';
import { busyGroup, pageCost, ways } from './page-cost.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '1000000' },
    sends: { type: 'string', default: '300000' },
    singles: { type: 'string', default: '2000' },
    'cache-mib': { type: 'string', default: '256' },
    loaded: { type: 'boolean', default: false },
    dir: { type: 'string', default: '.cache/bench' },
    cassandra: { type: 'string' },
    keyspace: { type: 'string', default: 'clatter_bench' },
  },
});

async function open(): Promise<{ store: MessageStore; close: () => Promise<void> }> {
  const logger = createLogger({ service: 'bench', level: 'error' });
  if (values.cassandra === undefined) {
    const storage = await openStorage({ dir: values.dir, logger });
    return { store: await createSqliteMessageStore({ storage }), close: () => storage.close() };
  }
  const config = loadConfig(cassandraConfig, {
    CLATTER_CASSANDRA_CONTACT_POINTS: values.cassandra,
    CLATTER_CASSANDRA_KEYSPACE: values.keyspace,
    CLATTER_CASSANDRA_REPLICAS: '1',
  });
  const store = createCassandraMessageStore({ config, logger, metrics: createMetrics(), clock: systemClock });
  await store.ready();
  return { store, close: () => store.close() };
}

const mib = (bytes: number): string => `${(bytes / 1048576).toFixed(0)} MiB`;
const at = (sorted: readonly number[], share: number): string =>
  (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(2);
const quantiles = (all: readonly number[]): string => {
  const sorted = [...all].sort((a, b) => a - b);
  return `p50 ${at(sorted, 0.5)} ms, p99 ${at(sorted, 0.99)} ms`;
};

const { store, close } = await open();
const count = Number(values.count);
if (positionals[0] === 'conversations') {
  if (!values.loaded) {
    const began = performance.now();
    await loadConversations(store, count, (done) => done % 50_000 === 0 && say(`${done} conversations are stored`));
    const seconds = (performance.now() - began) / 1000;
    say(`${count} conversations stored in ${seconds.toFixed(0)} s, ${Math.round(count / seconds)} a second`);
  }
  say(`memory before: ${mib(process.memoryUsage().rss)}`);
  const cacheBytesMax = Number(values['cache-mib']) * 1048576;
  const options = { store, clock: systemClock, count, sends: Number(values.sends), singles: Number(values.singles) };
  const figures = await speakToMany({ ...options, cacheBytesMax });
  say(`sends: ${figures.sends}, acknowledged: ${figures.acknowledged}`);
  say(`cold, in batches of 200: ${Math.round(figures.coldPerSecond)} a second`);
  say(`cold, one at a time: ${quantiles(figures.coldMs)}; the next one: ${quantiles(figures.warmMs)}`);
  say(
    `cache: ${mib(figures.cacheBytes)} of ${mib(figures.bytesMax)}, ${figures.conversations} conversations, ${figures.evictions} made room`,
  );
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  say(`memory after: ${mib(rss)}, of it heap ${mib(heapUsed)}, buffers ${mib(arrayBuffers)}`);
} else if (positionals[0] === 'pages') {
  const { conversationId, userId } = await busyGroup(store);
  for (const way of ways) {
    const figures = await pageCost(store, systemClock, way, { userId, conversationId, pages: 4000, burst: 100 });
    say(
      `${way}: ${figures.oneMs.toFixed(3)} ms a page, ${figures.burstMs.toFixed(3)} ms in bursts of 100; CPU of this process ${Math.round(figures.cpuUs)} µs`,
    );
  }
} else {
  say('want conversations or pages');
  process.exitCode = 1;
}
await close();
