/** The life of a process, seen from outside of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process that calls runService with this body of `start`. */
function begin(start: string) {
  const source = `import { runService, StartError, ConfigError } from ${JSON.stringify(new URL('./index.js', import.meta.url).href)};
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    await runService('test', async () => { ${start} });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let out = '';
  let err = '';
  const waiters: (() => void)[] = [];
  child.stdout.on('data', (data) => {
    out += data;
    for (const wake of waiters.splice(0)) wake();
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, out, err })),
  );
  return {
    ended,
    signal: (name: NodeJS.Signals) => child.kill(name),
    async said(text: string): Promise<void> {
      while (!out.includes(text)) await new Promise<void>((resolve) => waiters.push(resolve));
    },
  };
}

const RUNS = `console.log('started'); setInterval(() => {}, 1e6);`;

describe('runService', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('stops on %s and exits with 0', async (signal) => {
    const process_ = begin(
      `${RUNS} return { async stop() { console.log('stopping'); await sleep(50); console.log('stopped'); } };`,
    );
    await process_.said('started');
    process_.signal(signal);
    expect(await process_.ended).toEqual({ code: 0, out: 'started\nstopping\nstopped\n', err: '' });
  });

  it('exits at once on a second signal', async () => {
    const process_ = begin(`${RUNS} return { async stop() { console.log('stopping'); await sleep(1e6); } };`);
    await process_.said('started');
    process_.signal('SIGTERM');
    await process_.said('stopping');
    process_.signal('SIGTERM');
    expect((await process_.ended).code).toBe(1);
  });

  it('stops after it has started where it was asked while it started', async () => {
    const process_ = begin(`${RUNS} await sleep(300); return { async stop() { console.log('stopped'); } };`);
    await process_.said('started');
    process_.signal('SIGTERM');
    expect(await process_.ended).toEqual({ code: 0, out: 'started\nstopped\n', err: '' });
  });

  it('says in one line what a person can mend, and exits with 1', async () => {
    const taken = `throw new StartError('port 8080 on 127.0.0.1 is taken');`;
    expect(await begin(taken).ended).toEqual({ code: 1, out: '', err: 'test: port 8080 on 127.0.0.1 is taken\n' });
    expect((await begin(`throw new ConfigError('A: want 1, got 2\\nB: want 3, got 4');`).ended).err).toBe(
      'test: A: want 1, got 2\ntest: B: want 3, got 4\n',
    );
  });

  it('shows the stack of a bug', async () => {
    const { code, err } = await begin(`throw new TypeError('what is this');`).ended;
    expect(code).toBe(1);
    expect(err).toMatch(/^TypeError: what is this\n {4}at /);
  });

  it('exits with 1 where stopping fails', async () => {
    const process_ = begin(`${RUNS} return { async stop() { throw new StartError('not all was written'); } };`);
    await process_.said('started');
    process_.signal('SIGTERM');
    expect(await process_.ended).toMatchObject({ code: 1, err: 'test: not all was written\n' });
  });
});
