import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Daemon, type Program } from './daemon.ts';

const node = (source: string, over: Partial<Program> = {}): Program => ({
  name: 'sample',
  command: [process.execPath, '-e', source],
  stopSignal: 'SIGTERM',
  stopMs: 5000,
  ready: (log) => log.includes('serving'),
  readyMs: 20_000,
  ...over,
});

const SERVES = "console.log('serving'); setInterval(() => {}, 1000); process.on('SIGTERM', () => process.exit(0));";

describe('a program in the background', () => {
  let dir = '';
  let daemon: Daemon | undefined;
  const of = (program: Program): Daemon => {
    daemon = new Daemon(program, dir);
    return daemon;
  };

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'clatter-daemon-'));
  });
  afterEach(async () => {
    await daemon?.kill();
    rmSync(dir, { recursive: true, force: true });
  });

  it('is known to whoever opens its folder later', async () => {
    const first = of(node(SERVES));
    await first.start();
    const later = new Daemon(node(SERVES), dir);
    expect(later.pid).toBe(first.pid);
    expect(await later.serves()).toBe(true);
    expect(await later.stop()).toBe(true);
    expect(first.pid).toBeUndefined();
    await vi.waitFor(() => expect(first.exitCode).toBe(0));
  });

  it('is not started twice', async () => {
    const first = of(node(SERVES));
    await first.start();
    const { pid } = first;
    await new Daemon(node(SERVES), dir).start();
    expect(first.pid).toBe(pid);
  });

  it('tells what it said where it ends before it serves', async () => {
    const start = of(node("console.error('the port is taken'); process.exit(1)")).start();
    await expect(start).rejects.toThrow('sample has ended:\nthe port is taken');
  });

  it('tells that it does not get ready', async () => {
    const start = of(node('setInterval(() => {}, 1000)', { readyMs: 300 })).start();
    await expect(start).rejects.toThrow('sample is not ready after 0.3 s');
  });

  it('names a program that is not there', async () => {
    const start = of({ ...node(''), command: ['/no/such/program'] }).start();
    await expect(start).rejects.toThrow('sample: cannot start /no/such/program');
  });

  it('is killed where it does not end when asked', async () => {
    const deaf = of(node(SERVES.replace('process.exit(0)', '1'), { stopMs: 300 }));
    await deaf.start();
    expect(await deaf.stop()).toBe(false);
    expect(deaf.pid).toBeUndefined();
  });

  it('stops from a pause, and starts again with a new log', async () => {
    const paused = of(node(SERVES));
    await paused.start();
    paused.signal('SIGSTOP');
    expect(await paused.stop()).toBe(true);
    await paused.start();
    expect(paused.tail()).toBe('serving');
  });
});
