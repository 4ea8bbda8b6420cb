/** On the embedded log, in a process that is killed again and again: each message is one push to each person. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';

const EVENTS = 2500;

const dirs: string[] = [];
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const urlOf = (specifier: string): string => JSON.stringify(import.meta.resolve(specifier));

/** A process with notifications on the log of the folder; the first one fills the feed. */
function begin(dataDir: string, fill: boolean) {
  const source = `
    const { createEmbeddedLog, openStorage, topics } = await import(${urlOf('@clatter/log')});
    const { createLogger, createMetrics, systemClock } = await import(${urlOf('@clatter/runtime')});
    const { FeedRecord } = await import(${urlOf('@clatter/contracts/messages')});
    const { createNotifications } = await import(${urlOf('./index.js')});
    const logger = createLogger({ service: 'notifications', level: 'error' });
    const storage = await openStorage({ dir: ${JSON.stringify(dataDir)}, logger });
    const log = await createEmbeddedLog({ storage, clock: systemClock, logger });
    const producer = log.producer();
    const key = '0190a5c0-0000-7000-8000-000000000001';
    if (${fill}) await Promise.all(Array.from({ length: ${EVENTS} }, (_, i) => producer.send(topics.events.name, { key, value: FeedRecord.encode({
      event: { conversationId: key, seq: i + 1, senderId: 'sender ' + i, message: { content: { text: { body: 'message ' + i } } } },
      kind: 'group', memberIds: ['alice', 'bob', 'sender ' + i] }) })));
    let asked = 0;
    const notifications = createNotifications({
      config: { CLATTER_NOTIFICATIONS_PREVIEW: 'full' }, log, logger, metrics: createMetrics(), clock: systemClock, dataDir: ${JSON.stringify(dataDir)},
      presence: { locate: async () => ({ connections: [] }) },
      messages: { pageMembers: async () => ({ userIds: [] }), listMuted: async () => ({ userIds: [] }) },
      // Slow from time to time, so that a kill meets a batch in the middle.
      auth: () => ({ async getUsers() { if (asked++ % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 5)); return { users: [] }; } }),
    });
    await notifications.start();`;
  const script = join(dataDir, 'process.mjs');
  writeFileSync(script, source);
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'inherit', 'inherit'] });
  children.push(child);
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  return {
    async kill(): Promise<void> {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function bytesIn(dataDir: string): number {
  const outbox = join(dataDir, 'outbox');
  if (!existsSync(outbox)) return 0;
  return readdirSync(outbox).reduce((sum, name) => sum + statSync(join(outbox, name)).size, 0);
}

function pushed(dataDir: string): string[] {
  const outbox = join(dataDir, 'outbox');
  return readdirSync(outbox).flatMap((name) =>
    readFileSync(join(outbox, name), 'utf8')
      .split('\n')
      .flatMap((line) => {
        try {
          return [(JSON.parse(line) as { pushId: string }).pushId];
        } catch {
          return [];
        }
      }),
  );
}

it('pushes each message once to each person, whenever it is killed', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'clatter-notifications-'));
  dirs.push(dataDir);
  let kills = 0;
  // Each process is killed as soon as it has pushed something: in the middle of a batch, before its offset is committed.
  for (let before = 0; before < 2 * EVENTS - 2000; kills++) {
    const bytes = bytesIn(dataDir);
    const process_ = begin(dataDir, kills === 0);
    await expect.poll(() => bytesIn(dataDir) > bytes, { timeout: 60_000, interval: 5 }).toBe(true);
    await process_.kill();
    before = pushed(dataDir).length;
  }
  const last = begin(dataDir, false);
  await expect.poll(() => pushed(dataDir).length, { timeout: 60_000, interval: 200 }).toBe(2 * EVENTS);
  await last.kill();
  expect(kills).toBeGreaterThan(1);
  expect(new Set(pushed(dataDir)).size).toBe(2 * EVENTS);
});
