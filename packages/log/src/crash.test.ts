import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createLogger, systemClock } from '@clatter/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContractReader, text } from './contract/reader.ts';
import { CRASH_WRITER, GROUP } from './crash-writer.ts';
import { createEmbeddedLog } from './embedded-log.ts';
import { openStorage } from './storage.ts';
import { topics } from './topics.ts';

const ROUNDS = 6;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'clatter-crash-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Runs the writer until it said `lines` lines, kills it, and gives back all that it said. */
async function runAndKill(lines: number): Promise<string[]> {
  const child = spawn(process.execPath, [CRASH_WRITER, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    said.push(line);
    if (said.length === lines) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  // The last line may be cut.
  return said.slice(0, -1);
}

describe('kill -9', () => {
  it('leaves every send that resolved, every row that stood, and no row without the record it was derived from', async () => {
    const known = { sent: new Map<number, string>(), stands: new Map<number, string>() };
    for (let round = 0; round < ROUNDS; round++)
      for (const line of await runAndKill(50 + round * 200)) {
        const [what, offset, value] = line.split(' ') as ['sent' | 'stands', string, string];
        const before = known[what].get(Number(offset));
        // An offset that anybody heard of is never another record's.
        if (before !== undefined) expect(value).toBe(before);
        known[what].set(Number(offset), value);
      }

    const logger = createLogger({ service: 'test', level: 'silent' });
    const storage = await openStorage({ dir, logger });
    const log = await createEmbeddedLog({ storage, clock: systemClock, logger });
    const reader = new ContractReader(log, { topics: [topics.commands.name], ephemeral: true });
    await reader.consumer.ready();
    const records = new Map(reader.records.map(({ offset, value }) => [offset, text(value)]));
    const rows = await storage.read(storage.statement('SELECT record, value FROM derived'), []);
    const derived = new Map(rows as unknown as [number, string][]);

    expect([...records.keys()]).toEqual(Array.from({ length: records.size }, (_, i) => i));
    for (const [offset, value] of known.sent) expect(records.get(offset)).toBe(value);
    for (const [offset, value] of known.stands) expect(derived.get(offset)).toBe(value);
    for (const [offset, value] of derived) expect(records.get(offset)).toBe(value);
    expect(known.sent.size).toBeGreaterThan(500);
    expect(known.stands.size).toBeGreaterThan(500);

    const group = new ContractReader(log, { topics: [topics.commands.name], group: GROUP });
    await group.consumer.ready();
    const [assignment] = group.assignments;
    expect(assignment?.committedOffset).toBeLessThanOrEqual(records.size);
    // What was committed was handled, and what was handled stands.
    for (let offset = 0; offset < (assignment?.committedOffset ?? 0); offset++)
      expect(derived.get(offset)).toBe(records.get(offset));
    await log.close();
    await storage.close();
  });
});
