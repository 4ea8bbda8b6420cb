/** A real Cassandra behind a gate: away when the process starts, away later, and hanging. Nobody starts anything anew. */

import { randomUUID } from 'node:crypto';
import { TcpGate } from '@clatter/cluster';
import { ConfigError } from '@clatter/runtime';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { logBatch, logRow, mutation } from '../contract/rows.ts';
import type { CassandraMessageStore } from './cassandra-message-store.ts';
import { type CassandraUnderTest, cassandraUnderTest, linesLogger } from './cassandra-under-test.ts';

let cassandra: CassandraUnderTest;
let gate: TcpGate;

beforeAll(async () => {
  cassandra = await cassandraUnderTest();
  gate = new TcpGate(cassandra.address);
  await gate.open();
});

afterAll(async () => {
  await gate.shut();
  await cassandra.drop();
});

const unavailable = { name: 'ClatterError', code: 'UNAVAILABLE' };
const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** Tries as the projector does, and says how long it took. */
async function insist(attempt: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await attempt();
      return;
    } catch (error) {
      expect(error).toMatchObject(unavailable);
      if (tries > 300) throw error;
      await pause(100);
    }
  }
}

const troubles = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith('error'));

describe('Cassandra', () => {
  const lines: string[] = [];
  let store: CassandraMessageStore;
  const write = (id: string): Promise<void> => store.write(logBatch(mutation(id, [logRow(1)])));
  const create = (): CassandraMessageStore =>
    cassandra.create({
      config: { ...cassandra.config, CLATTER_CASSANDRA_CONTACT_POINTS: gate.address },
      logger: linesLogger(lines),
    });

  it('may be away when the process starts', async () => {
    await gate.shut();
    store = create();
    await expect(store.latestBucket(randomUUID())).rejects.toMatchObject(unavailable);
    await pause(1000);
    expect(store.health()).toEqual({ ok: false, reasons: [expect.stringContaining('not connected to Cassandra yet')] });
    expect(troubles(lines)).toEqual([
      `error: Cassandra cannot be used at ${gate.address}; it is tried again until it answers`,
    ]);
    await gate.open();
    await store.ready();
    // Which of the two holds is the server's setting.
    const client = await cassandra.client();
    const { rows } = await client.execute("SELECT value FROM system_views.settings WHERE name = 'commitlog_sync'");
    await client.shutdown();
    expect(lines.filter((line) => line.includes('commitlog_sync'))).toHaveLength(rows[0]?.value === 'periodic' ? 1 : 0);
    expect(store.health()).toEqual({ ok: true, reasons: [] });
    await write(randomUUID());
  });

  it('may go and come again', async () => {
    lines.length = 0;
    await gate.shut();
    const id = randomUUID();
    for (let tries = 0; tries < 5; tries++) {
      await expect(write(id)).rejects.toMatchObject(unavailable);
      await pause(100);
    }
    expect(store.health()).toEqual({
      ok: false,
      reasons: [expect.stringMatching(/^no server of Cassandra answers: .*127\.0\.0\.1/)],
    });
    await gate.open();
    await insist(() => write(id));
    expect((await store.readRow(id, 1))?.seq).toBe(1);
    expect(store.health()).toEqual({ ok: true, reasons: [] });
    expect(troubles(lines)).toHaveLength(1);
    expect(lines.at(-1)).toBe('info: Cassandra answers again');
  });

  it('may come and go in quick turns, and is found again by a store that nobody asks anything', async () => {
    for (let turn = 0; turn < 12; turn++) {
      let asking = true;
      const askers = [1, 2, 3].map(async () => {
        while (asking) {
          await write(randomUUID()).catch(() => undefined);
          await pause(3);
        }
      });
      // Of lengths that end before, during and after the driver's own attempts.
      for (const awayMs of [40 * turn, 10]) {
        await pause(50);
        await gate.shut();
        await pause(awayMs);
        if (awayMs > 300) asking = false;
        await gate.open();
      }
      asking = false;
      await Promise.all(askers);
      await vi.waitFor(() => expect(store.health()).toEqual({ ok: true, reasons: [] }), 20_000);
    }
  });

  it('may hang: what waited for it fails in seconds, and stands when it goes on and it is tried again', async () => {
    const id = randomUUID();
    gate.stall();
    await expect(write(id)).rejects.toMatchObject(unavailable);
    gate.resume();
    await insist(() => write(id));
    expect((await store.readRow(id, 1))?.seq).toBe(1);
  });

  it('is let go of while it is away', async () => {
    await store.close();
    await expect(store.latestBucket(randomUUID())).rejects.toMatchObject(unavailable);
    await gate.shut();
    const never = create();
    await pause(300);
    await never.close();
    await expect(never.ready()).rejects.toThrow();
    await gate.open();
  });

  it('whose certificates cannot be read is an error for a person', () => {
    const settings = { CLATTER_CASSANDRA_TLS: 'on', CLATTER_CASSANDRA_TLS_CA_FILE: '/nowhere.pem' } as const;
    const wrong = () => cassandra.create({ config: { ...cassandra.config, ...settings } });
    expect(wrong).toThrow(ConfigError);
    expect(wrong).toThrow(/^CLATTER_CASSANDRA_TLS_CA_FILE: want a file that can be read, got /);
  });
});
