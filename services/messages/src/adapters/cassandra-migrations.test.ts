import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readMigrations } from './cassandra-migrations.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'clatter-migrations-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const read = (...files: string[]): string[] => {
  for (const file of files) writeFileSync(join(dir, file), 'SELECT 1;');
  return readMigrations(pathToFileURL(`${dir}/`)).map(({ number, name }) => `${number} ${name}`);
};

it('migrations come in the order of their numbers, which may leave some out', () => {
  expect(read('010_c.cql', '001_a.cql', '004_b.cql', 'notes.md')).toEqual([
    '1 001_a.cql',
    '4 004_b.cql',
    '10 010_c.cql',
  ]);
});

it('a number is given once', () => {
  expect(() => read('001_a.cql', '004_b.cql', '004_c.cql')).toThrow('004_c.cql: want a number above 4');
  expect(() => read('000_a.cql')).toThrow('000_a.cql: want a number above 0');
});
