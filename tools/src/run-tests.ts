/**
 * Runs every check and test, and ends with one line `N passed, N failed`: each check counts as one, each test as one. Exit code 1 where
 * anything failed. `--checks` leaves out the tests and what only they need.
 */
import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countTests, type TestCount, type VitestReport } from './test-report.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** A run of vitest that takes longer hangs. */
const TESTS_MS_MAX = 45 * 60_000;

interface Check {
  readonly name: string;
  readonly command: readonly string[];
  /** Left out by --checks. */
  readonly forTests?: true;
}

const checks: readonly Check[] = [
  { name: 'browser for the tests', command: ['tools/provision.sh'], forTests: true },
  { name: 'servers for the tests', command: ['deploy/stack/provision.sh'], forTests: true },
  { name: 'format and lint', command: ['biome', 'ci', '--colors=off', '.'] },
  { name: 'types', command: ['make', '--silent', 'build'] },
  { name: 'types of the app', command: ['tsc', '-p', 'mobile', '--noEmit'] },
  { name: 'types of the browser tests', command: ['tsc', '-p', 'mobile/e2e', '--noEmit'] },
  { name: 'protos: lint', command: ['buf', 'lint'] },
  { name: 'protos: breaking changes', command: ['node', 'tools/src/buf-breaking.ts'] },
  { name: 'docs/errors.md is fresh', command: ['node', 'tools/src/errors-doc.ts', '--check'] },
  { name: 'the settings in README.md are fresh', command: ['node', 'tools/src/settings-doc.ts', '--check'] },
  { name: 'unused code', command: ['knip', '--no-progress'] },
  { name: 'dependency rules', command: ['depcruise', 'packages', 'services', 'standalone', 'loadtest'] },
  { name: 'tidiness', command: ['node', 'tools/src/tidy.ts'] },
  { name: 'web client', command: ['node', 'tools/src/web-export.ts'], forTests: true },
];

function run(command: readonly string[]): Promise<{ code: number; output: string; ms: number }> {
  const started = Date.now();
  const [program, ...args] = command as [string, ...string[]];
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (data: Buffer): void => {
      output += data.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ code: 1, output: error.message, ms: Date.now() - started }));
    child.on('close', (code) => resolve({ code: code ?? 1, output, ms: Date.now() - started }));
  });
}

/** The files that vitest has to run: those that were compiled, and those of the app as they are. */
function filesWithTests(): string[] {
  const compiled = globSync('{packages/*,services/*,standalone,loadtest,tools}/src/**/*.test.ts', { cwd: root }).map(
    (file) => file.replace('/src/', '/dist/').replace(/\.ts$/, '.js'),
  );
  return [...compiled, ...globSync('mobile/{src,e2e}/**/*.test.{ts,tsx}', { cwd: root })].map((file) =>
    join(root, file),
  );
}

/** Real servers on free ports. Those that a run left behind which was killed are stopped first. */
async function startServers(): Promise<{ readonly env: Readonly<Record<string, string>>; stop(): Promise<void> }> {
  // Compiled by a check of this run, and not there before.
  const { Stack } = await import('@clatter/cluster');
  const shm = '/dev/shm';
  const options = {
    runDir: join(root, '.cache', 'stack', 'tests'),
    // Creating tables on a disk takes seconds each, in memory it does not; nothing here outlives the run.
    dataDir: join(existsSync(shm) ? shm : tmpdir(), 'clatter-test-stack'),
    durable: false,
  };
  await (await Stack.onFreePorts(options)).destroy();
  const stack = await Stack.onFreePorts(options);
  const stop = (): Promise<void> => stack.destroy();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop().finally(() => process.exit(1)));
  try {
    await stack.start();
  } catch (error) {
    await stop();
    throw error;
  }
  const { kafka, cassandra, redis, postgres } = stack.addresses;
  const env = {
    CLATTER_TEST_KAFKA: kafka,
    CLATTER_TEST_CASSANDRA: cassandra,
    CLATTER_TEST_REDIS: redis,
    CLATTER_TEST_POSTGRES: postgres,
  };
  return { env, stop };
}

async function runVitest(env: Readonly<Record<string, string>>): Promise<TestCount> {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-tests-'));
  const file = join(dir, 'report.json');
  try {
    const code = await new Promise<number>((resolve) => {
      const child = spawn('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`], {
        cwd: root,
        env: { ...process.env, ...env },
        stdio: 'inherit',
        timeout: TESTS_MS_MAX,
        killSignal: 'SIGKILL',
      });
      child.on('close', (status) => resolve(status ?? 1));
      child.on('error', () => resolve(1));
    });
    return countTests(readReport(file), code, filesWithTests());
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function readReport(file: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  } catch {
    return undefined;
  }
}

const checksOnly = process.argv.includes('--checks');
let passed = 0;
let failed = 0;
for (const { name, command } of checks.filter(({ forTests }) => !(checksOnly && forTests))) {
  const { code, output, ms } = await run(command);
  if (code === 0) passed++;
  else failed++;
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${(ms / 1000).toFixed(1)} s)`);
  const shown = code === 0 ? output.split('\n').filter((line) => line.startsWith('warning: ')) : [output.trimEnd()];
  for (const text of shown) console.log(text);
}
if (!checksOnly) {
  const servers = await startServers().catch((error: Error) => error);
  if (servers instanceof Error) {
    failed++;
    console.log(`FAILED servers for the tests do not start: ${servers.message}`);
  }
  const tests = await runVitest(servers instanceof Error ? {} : servers.env);
  if (!(servers instanceof Error)) await servers.stop();
  passed += tests.passed;
  failed += tests.failed;
  for (const reason of tests.reasons) console.log(`FAILED ${reason}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
