/** Logs are read where they go: standard error of a process. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

function logged(code: string): Record<string, unknown>[] {
  const source = `import { createLogger } from ${JSON.stringify(new URL('./index.js', import.meta.url).href)};
    const logger = createLogger({ service: 'test', level: 'info' });
    ${code}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' });
  expect(stdout).toBe('');
  return stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('createLogger', () => {
  it('writes JSON lines to standard error, from its level on', () => {
    const lines = logged(`logger.debug('not this'); logger.child({ service: 'inner' }).warn({ count: 2 }, 'this');`);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 40, msg: 'this', count: 2 });
    expect(lines[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it('loses nothing of what was logged before an exit', () => {
    expect(logged(`for (let i = 0; i < 1000; i++) logger.info({ i }, 'one of many'); process.exit(0);`)).toHaveLength(
      1000,
    );
  });

  it('shows no secret and no content', () => {
    const secrets = ['password', 'token', 'accessToken', 'refreshToken', 'content', 'authorization'];
    const fields = secrets.map((name) => `${name}: 'hunter2'`).join(', ');
    const lines = logged(
      `logger.info({ ${fields}, inner: { ${fields} }, req: { headers: { cookie: 'hunter2' } } }, 'x');`,
    );
    expect(JSON.stringify(lines)).not.toContain('hunter2');
    expect(lines[0]).toMatchObject({ password: '[redacted]', inner: { content: '[redacted]' } });
  });

  it('shows of an error where it came from and why, and nothing that a library hung on it', () => {
    const [line] = logged(`
      const refused = Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (name)=(alice)', params: ['alice'] });
      logger.error({ err: new Error('not stored', { cause: refused }) }, 'it failed');`);
    expect(line?.err).toMatchObject({
      type: 'Error',
      message: 'not stored',
      stack: expect.stringContaining('Error: not stored\n    at '),
      cause: { message: 'duplicate key', code: '23505' },
    });
    expect(JSON.stringify(line)).not.toContain('alice');
  });

  it('names the trace of a line, where there is one', () => {
    const [inside, other, outside] = logged(`
      const { inTrace } = await import(${JSON.stringify(new URL('./index.js', import.meta.url).href)});
      inTrace('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', () => {
        logger.child({ service: 'inner' }).info('x');
        logger.info({ traceId: 'of one of the batch' }, 'x');
      });
      logger.info('x');`);
    expect(inside?.traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(other?.traceId).toBe('of one of the batch');
    expect(outside).not.toHaveProperty('traceId');
  });

  it('survives an error that is its own cause', () => {
    const [line] = logged(`const error = new Error('round'); error.cause = error; logger.error({ err: error }, 'x');`);
    expect(line?.err).toMatchObject({ message: 'round' });
  });
});
