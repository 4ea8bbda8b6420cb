import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStorage } from '@clatter/log';
import { createLogger, systemClock } from '@clatter/runtime';
import { expect, it } from 'vitest';
import { createSqliteMessageStore } from '../adapters/sqlite-message-store.ts';
import type { MessageStore } from '../ports.ts';
import { loadConversations, speakToMany } from './many-conversations.ts';
import { busyGroup, pageCost, ways } from './page-cost.ts';

async function storeIn(dir: string): Promise<{ store: MessageStore; close: () => Promise<void> }> {
  const storage = await openStorage({ dir, logger: createLogger({ service: 'test', level: 'silent' }) });
  return { store: await createSqliteMessageStore({ storage }), close: () => storage.close() };
}

it('an owner speaks to more conversations than its memory holds, and stays within it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-many-'));
  const { store, close } = await storeIn(dir);
  try {
    const count = 1500;
    await loadConversations(store, count);
    const cacheBytesMax = 1 << 20;
    const figures = await speakToMany({ store, clock: systemClock, count, sends: count, singles: 20, cacheBytesMax });
    expect(figures.acknowledged).toBe(figures.sends);
    expect(figures.cacheBytes).toBeLessThanOrEqual(cacheBytesMax);
    expect(figures.evictions).toBeGreaterThan(count / 2);
    expect(figures.conversations).toBeGreaterThan(100);
    expect(figures.coldMs).toHaveLength(20);
  } finally {
    await close();
    rmSync(dir, { recursive: true, force: true });
  }
});

it('a page is the same in each way that its cost is measured', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-pages-'));
  const { store, close } = await storeIn(dir);
  try {
    const group = await busyGroup(store);
    for (const way of ways) {
      const { oneMs, burstMs } = await pageCost(store, systemClock, way, { ...group, pages: 20, burst: 10 });
      expect([oneMs > 0, burstMs > 0]).toEqual([true, true]);
    }
  } finally {
    await close();
    rmSync(dir, { recursive: true, force: true });
  }
});
