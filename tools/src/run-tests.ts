/**
 * Runs every check and test, and ends with one line `N passed, N failed`: each check counts as one, each test as one. Exit code 1 where
 * anything failed. `--checks` leaves the tests out.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

const checks: readonly Check[] = [
  { name: 'format and lint', command: ['biome', 'ci', '.'] },
  { name: 'types', command: ['tsc', '-b'] },
  { name: 'types of the app', command: ['tsc', '-p', 'mobile', '--noEmit'] },
  { name: 'protos: lint', command: ['buf', 'lint'] },
  { name: 'protos: breaking changes', command: ['node', 'tools/src/buf-breaking.ts'] },
  { name: 'docs/errors.md is fresh', command: ['node', 'tools/src/errors-doc.ts', '--check'] },
  { name: 'the settings in README.md are fresh', command: ['node', 'tools/src/settings-doc.ts', '--check'] },
  { name: 'unused code', command: ['knip'] },
  {
    name: 'dependency rules',
    command: ['depcruise', '--config', 'tools/dependency-rules.cjs', 'packages', 'services', 'standalone', 'loadtest'],
  },
  { name: 'tidiness', command: ['node', 'tools/src/tidy.ts'] },
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

/** vitest's tests, in numbers; a crash of it, or no test at all, is a failure. */
async function runVitest(): Promise<{ passed: number; failed: number }> {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-tests-'));
  const file = join(dir, 'result.json');
  const child = spawn('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`], {
    cwd: root,
    stdio: 'inherit',
  });
  const code = await new Promise<number>((resolve) => {
    child.on('close', (status) => resolve(status ?? 1));
    child.on('error', () => resolve(1));
  });
  try {
    if (!existsSync(file)) return { passed: 0, failed: 1 };
    const result = JSON.parse(readFileSync(file, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
      numFailedTestSuites: number;
    };
    const failed = Math.max(result.numFailedTests, result.numFailedTestSuites > 0 ? 1 : 0);
    // Something beside the tests went wrong, or there were none.
    const unseen = failed === 0 && (code !== 0 || result.numPassedTests === 0) ? 1 : 0;
    return { passed: result.numPassedTests, failed: failed + unseen };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

let passed = 0;
let failed = 0;
for (const { name, command } of checks) {
  const { code, output, ms } = await run(command);
  if (code === 0) passed++;
  else failed++;
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${(ms / 1000).toFixed(1)} s)`);
  if (code !== 0) console.log(output.trimEnd());
}
if (!process.argv.includes('--checks')) {
  const tests = await runVitest();
  passed += tests.passed;
  failed += tests.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
