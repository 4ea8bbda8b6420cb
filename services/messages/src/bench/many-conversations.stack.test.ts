import { systemClock } from '@clatter/runtime';
import { expect, it } from 'vitest';
import { cassandraUnderTest } from '../adapters/cassandra-under-test.ts';
import { loadConversations, speakToMany } from './many-conversations.ts';

it('an owner on Cassandra speaks to more conversations than its memory holds, and stays within it', async () => {
  const cassandra = await cassandraUnderTest();
  const store = await cassandra.open();
  try {
    const count = 1000;
    await loadConversations(store, count);
    const cacheBytesMax = 1 << 20;
    const figures = await speakToMany({ store, clock: systemClock, count, sends: count, singles: 20, cacheBytesMax });
    expect(figures.acknowledged).toBe(figures.sends);
    expect(figures.cacheBytes).toBeLessThanOrEqual(cacheBytesMax);
    expect(figures.evictions).toBeGreaterThan(count / 4);
  } finally {
    await store.close();
    await cassandra.drop();
  }
});
