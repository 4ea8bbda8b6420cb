import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Entry } from '../history/entry.ts';
import { HistoryChecker } from '../history/history-checker.ts';
import { checkRecords, RecordFile } from '../history/record-file.ts';
import { Latency } from '../latency.ts';
import { describeFaultRuns } from './fault-report.ts';
import { chooseScenarios, listScenarios } from './faults.ts';
import { Random } from './random.ts';
import { scenarios } from './scenarios.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A message that was acknowledged, and a log without it. */
const lost: readonly Entry[] = [
  { kind: 'sent', device: 'phone', userId: 'u', conversationId: 'c', id: 'm', what: 'message m of u', digest: 'x' },
  { kind: 'acked', device: 'phone', userId: 'u', conversationId: 'c', id: 'm', seq: 1, messageNo: 1, sentAtMs: 1 },
  { kind: 'log', userId: 'u', conversationId: 'c', events: [], last: true },
];

describe('the scenarios', () => {
  it('can be chosen by name, and a wrong name says which there are', () => {
    expect(chooseScenarios(undefined)).toEqual(scenarios);
    expect(chooseScenarios(['node-kill'], 3)).toHaveLength(1);
    expect(chooseScenarios(['kafka', 'owner-kill']).map(({ name }) => name)).toEqual(['kafka', 'owner-kill']);
    expect(() => chooseScenarios(['coffee'])).toThrow(/want some of owner-kill, .*everything, got "coffee"/);
    expect(listScenarios()).toHaveLength(scenarios.length);
  });

  it('follow from their seed', () => {
    const draw = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 100 }, () => random.between(3, 5));
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(7).every((value) => value >= 3 && value < 5)).toBe(true);
  });
});

describe('the report', () => {
  const resultOf = (entries: readonly Entry[]) => {
    const checker = new HistoryChecker();
    for (const entry of entries) checker.take(entry);
    checker.finishAll();
    const traffic = { connections: 3, repeats: 2, acks: 1, rejects: 0 };
    const disturbances = [{ atMs: 10, what: 'kill -9 messages-1' }];
    return {
      scenario: 'owner-kill',
      disturbances,
      seconds: 90,
      acked: new Latency(),
      traffic,
      checker,
    };
  };

  it('ends with a verdict, and names what broke it', () => {
    const lines = describeFaultRuns([resultOf(lost)], 7);
    expect(lines.at(-1)).toBe('BROKEN: 1 faults, 1 commands, 2 violations (seed 7)');
    expect(lines.join('\n')).toContain(
      'lost in c: message m of u was acknowledged with seq 1, where the log has nothing',
    );
    expect(lines.find((line) => line.startsWith('owner-kill'))?.split(/ {2,}/)).toEqual([
      'owner-kill',
      '1',
      '1.5',
      '1',
      '2',
      '0',
      '3',
      'none',
      '2',
    ]);
    expect(describeFaultRuns([resultOf([])], 7).at(-1)).toBe('kept: 1 faults, 0 commands, 0 violations (seed 7)');
  });
});

describe('a record', () => {
  const fileOf = (): string => {
    const dir = mkdtempSync(join(tmpdir(), 'clatter-record-'));
    cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
    return join(dir, 'record.jsonl');
  };

  it('says the same when it is read again from its file', () => {
    const file = fileOf();
    const record = new RecordFile(file);
    // More than is read in one piece, with letters that lie across pieces.
    for (let seq = 1; seq <= 3000; seq++)
      record.take({ kind: 'told', device: 'télephone', userId: 'u', conversationId: 'c', seq });
    for (const entry of lost) record.take(entry);
    record.flush();
    const { findings, size } = checkRecords([file]);
    expect(size.deliveries).toBe(3000);
    expect(findings.found('lost')).toBe(1);
  });

  it('that is none is named with its line', () => {
    const file = fileOf();
    writeFileSync(file, '{"kind":"left","device":"phone"}\nno entry\n');
    expect(() => checkRecords([file])).toThrow(`${file}, line 2: want an entry in JSON, got "no entry"`);
  });
});
