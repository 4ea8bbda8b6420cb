/**
 * Exports the app for the web into mobile/dist, where something that goes into it changed since the last time. The export is made
 * beside and moved at the end, so that mobile/dist is always a whole one; the hash of what it was made from lies in it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(fileURLToPath(new URL('.', import.meta.url)), '../..');
const app = join(root, 'mobile');
const out = join(app, 'dist');
const stamp = '.sources';

/** What goes into the export, or decides how it is made. */
const sources = ['mobile', 'packages/client/src', 'packages/wire/src', 'package-lock.json', 'tools/src/web-export.ts'];
const outside = new Set(['node_modules', 'dist', '.expo', 'e2e']);

function* filesIn(path: string): Generator<string> {
  const entries = readdirSync(path, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (outside.has(entry.name) || /\.test\.tsx?$/.test(entry.name)) continue;
    const file = join(path, entry.name);
    if (entry.isDirectory()) yield* filesIn(file);
    else if (entry.isFile()) yield file;
  }
}

function hashOfSources(): string {
  const hash = createHash('sha256');
  for (const source of sources.map((path) => join(root, path)))
    for (const file of statSync(source).isFile() ? [source] : filesIn(source))
      hash.update(`${relative(root, file)}\0`).update(createHash('sha256').update(readFileSync(file)).digest());
  return hash.digest('hex');
}

const want = hashOfSources();
const have = existsSync(join(out, stamp)) ? readFileSync(join(out, stamp), 'utf8') : '';
if (have !== want) {
  console.log('Building the web client (once per change, about a minute) …');
  const fresh = join(app, '.expo', 'web-export');
  rmSync(fresh, { recursive: true, force: true });
  const { status, output } = spawnSync('expo', ['export', '--platform', 'web', '--output-dir', relative(app, fresh)], {
    cwd: app,
    env: {
      ...process.env,
      CI: '1',
      EXPO_OFFLINE: '1',
      EXPO_NO_TELEMETRY: '1',
      EXPO_NO_DOTENV: '1',
      NODE_ENV: 'production',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status === 0) {
    writeFileSync(join(fresh, stamp), want);
    rmSync(out, { recursive: true, force: true });
    renameSync(fresh, out);
  } else {
    console.error(output?.join('') ?? '');
    console.error('clatter: the web client could not be built');
    process.exitCode = 1;
  }
}
