/**
 * Taste, as a check: what lies in the tree, and whether the documents say what the code does. Prints a line for each finding and ends
 * with exit code 1 where there is one; lines that begin with `warning:` are for whoever reads them. Run after the build.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settingNames } from './settings.ts';
import { checkCommands, checkHops, checkLinks, checkSettings } from './tidy-docs.ts';
import { checkDeadFiles, checkMachine, checkNames, checkToDos, longFiles } from './tidy-files.ts';
import type { Finding, Tree } from './tidy-tree.ts';

const root = join(fileURLToPath(new URL('.', import.meta.url)), '../..');

const git = (...args: string[]): string[] =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
    .split('\0')
    .filter(Boolean);

function readTree(): Tree {
  const files = git('ls-files', '-z', '--cached', '--others', '--exclude-standard');
  const texts = new Map<string, string>();
  return {
    files: [...new Set(files)].filter((path) => existsSync(join(root, path))).sort(),
    read(path) {
      const text = texts.get(path) ?? readFileSync(join(root, path), 'utf8');
      texts.set(path, text);
      return text;
    },
  };
}

const tree = readTree();
const findings: Finding[] = [
  ...git('ls-files', '-z', '--cached', '--ignored', '--exclude-standard').map(
    (path) => `${path}: is tracked, though .gitignore names it`,
  ),
  ...checkNames(tree),
  ...checkToDos(tree),
  ...checkMachine(tree),
  ...checkDeadFiles(tree),
  ...checkLinks(tree),
  ...checkCommands(tree),
  ...checkHops(tree),
  ...checkSettings(tree, settingNames),
];
for (const finding of longFiles(tree)) console.log(`warning: ${finding}`);
for (const finding of findings) console.log(finding);
process.exitCode = findings.length > 0 ? 1 : 0;
