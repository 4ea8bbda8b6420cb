import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(fileURLToPath(new URL('.', import.meta.url)), '../..');

/** A small tree of compiled modules: path → what it imports. Those with a rule's name break it, the others do not. */
const modules: Record<string, { readonly imports?: readonly string[]; readonly breaks?: string }> = {
  'packages/wire/dist/index.js': {},
  'packages/wire/dist/codec.js': {},
  'packages/wire/dist/ring-a.js': { imports: ['./ring-b.js'], breaks: 'no-cycles' },
  'packages/wire/dist/ring-b.js': { imports: ['./ring-a.js'] },
  'packages/wire/dist/files.js': { imports: ['node:fs'], breaks: 'browser-safe' },
  'packages/wire/dist/files.test.js': { imports: ['node:fs', '@clatter/testnet'] },
  'packages/wire/dist/lost.js': { imports: ['./nowhere.js'], breaks: 'resolvable' },
  'packages/client/dist/index.js': { imports: ['@clatter/wire'] },
  'packages/client/dist/node.js': { imports: ['node:fs', 'node:sqlite'] },
  'packages/log/dist/index.js': { imports: ['node:worker_threads'] },
  'packages/log/dist/contract.js': {},
  'packages/log/dist/deep.js': { imports: ['../../wire/dist/codec.js'], breaks: 'packages-by-their-exports' },
  'packages/log/dist/up.js': { imports: ['@clatter/standalone'], breaks: 'packages-below-services' },
  'packages/log/dist/uses-a-service.js': { imports: ['@clatter/auth'], breaks: 'services-apart' },
  'packages/testnet/dist/index.js': { imports: ['@clatter/standalone'] },
  'services/auth/dist/index.js': { imports: ['./service.js'] },
  'services/auth/dist/service.js': { imports: ['./adapters/disk.js', '@nestjs/core'] },
  'services/auth/dist/adapters/disk.js': { imports: ['./table.js', 'node:fs'] },
  'services/auth/dist/adapters/table.js': {},
  'services/auth/dist/adapters.test.js': { imports: ['./adapters/disk.js'] },
  'services/auth/dist/accounts.js': { imports: ['./adapters/table.js'], breaks: 'adapters-from-service' },
  'services/auth/dist/nest-user.js': { imports: ['@nestjs/core'], breaks: 'nest-at-the-edge' },
  'services/auth/dist/http/accounts.js': { imports: ['@nestjs/core'] },
  'services/auth/dist/keys.controller.js': { imports: ['@nestjs/core'] },
  'services/auth/dist/uses-the-net.js': { imports: ['@clatter/testnet'], breaks: 'testnet-in-tests' },
  'services/messages/dist/index.js': { imports: ['@clatter/log', '@clatter/log/contract'] },
  'services/messages/dist/asks-auth.js': { imports: ['@clatter/auth'], breaks: 'services-apart' },
  'services/messages/dist/sequencer.js': { imports: ['./innocent.js'], breaks: 'pure-decisions' },
  'services/messages/dist/innocent.js': { imports: ['@clatter/log'] },
  'services/messages/dist/conversation.js': { imports: ['@clatter/wire'] },
  'services/messages/dist/sim/main.js': { imports: ['../conversation.js', '@clatter/auth'] },
  'services/messages/dist/simulated.js': { imports: ['./sim/main.js'], breaks: 'simulator-apart' },
  'standalone/dist/index.js': { imports: ['@clatter/auth', '@clatter/messages', '@clatter/log'] },
  'loadtest/dist/index.js': { imports: ['@clatter/client', '@clatter/client/node'] },
  'node_modules/@nestjs/core/index.js': {},
};

const entryPoints: Record<string, Record<string, string>> = {
  'packages/client': { '.': 'index', './node': 'node' },
  'packages/log': { '.': 'index', './contract': 'contract' },
};

describe('the dependency rules', () => {
  let tree = '';
  let found: string[] = [];

  beforeAll(() => {
    tree = mkdtempSync(join(tmpdir(), 'clatter-rules-'));
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), text);
    };
    for (const [path, { imports = [] }] of Object.entries(modules))
      write(path, imports.map((name, i) => `import * as x${i} from '${name}';\nconsole.log(x${i});\n`).join(''));
    mkdirSync(join(tree, 'node_modules/@clatter'), { recursive: true });
    const folders = new Set(Object.keys(modules).map((path) => path.split('/dist/')[0] as string));
    for (const folder of folders) {
      if (folder.startsWith('node_modules')) continue;
      const entries = Object.entries(entryPoints[folder] ?? { '.': 'index' });
      const exports = Object.fromEntries(entries.map(([entry, file]) => [entry, { default: `./dist/${file}.js` }]));
      const name = `@clatter/${folder.split('/').at(-1)}`;
      write(`${folder}/package.json`, JSON.stringify({ name, type: 'module', exports }));
      symlinkSync(join(tree, folder), join(tree, 'node_modules', name));
    }
    write('node_modules/@nestjs/core/package.json', JSON.stringify({ name: '@nestjs/core', main: 'index.js' }));
    cpSync(join(root, '.dependency-cruiser.cjs'), join(tree, '.dependency-cruiser.cjs'));
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        join(root, 'node_modules/.bin/depcruise'),
        ...['packages', 'services', 'standalone', 'loadtest', '--output-type', 'json'],
      ],
      { cwd: tree, encoding: 'utf8', maxBuffer: 1 << 26 },
    );
    if (!stdout.startsWith('{')) throw new Error(stdout + stderr);
    const { summary } = JSON.parse(stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } };
    found = summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`);
  });

  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  it('find each planted violation, and nothing else', () => {
    const planted = Object.entries(modules).flatMap(([path, { breaks }]) => (breaks ? [`${breaks}: ${path}`] : []));
    expect([...new Set(found)].sort()).toEqual(planted.sort());
  });
});
