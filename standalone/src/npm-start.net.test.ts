/** The command that people and supervisors start, signalled as they would: from outside, at the process that they started. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';

const ROOT = join(fileURLToPath(new URL('.', import.meta.url)), '../..');

const dirs: string[] = [];
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

it.each(['SIGTERM', 'SIGINT'] as const)('npm start drains on %s and exits with 0', async (signal) => {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-start-'));
  dirs.push(dir);
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn('npm', ['start', '--silent'], {
    cwd: ROOT,
    env: { PATH, HOME, CLATTER_DATA_DIR: dir, CLATTER_HTTP_PORT: '0', CLATTER_HEALTH_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('exit', (code, by) => resolve([code, by])),
  );
  await new Promise<void>((resolve, reject) => {
    const read = (data: Buffer): void => {
      output += data.toString();
      if (output.includes('Clatter is running')) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void ended.then((how) => reject(new Error(`it ended with ${how.join(' ')}: ${output}`)));
  });
  const health = /(http:\S+)\/readyz/.exec(output)?.[1] as string;
  expect((await fetch(`${health}/readyz`)).status).toBe(200);
  child.kill(signal);
  expect(await ended).toEqual([0, null]);
  // Nothing of it is left behind.
  await expect(fetch(`${health}/livez`)).rejects.toThrow();
});
