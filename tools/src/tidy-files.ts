/** What may lie in the tree: names, leftovers, lengths, and words that belong to no tree. Each check is pure, on a Tree. */
import { type Finding, findLines, isWritten, type Tree } from './tidy-tree.ts';

/** Names that say nothing of what is inside. */
const emptyNames = new Set(['common', 'core', 'helper', 'helpers', 'misc', 'shared', 'util', 'utils', 'utilities']);

export function checkNames({ files }: Tree): Finding[] {
  return files.flatMap((path) => {
    const words = path.split(/[/._-]|(?<=[a-z])(?=[A-Z])/).map((word) => word.toLowerCase());
    const empty = words.find((word) => emptyNames.has(word));
    return empty === undefined ? [] : [`${path}: "${empty}" says nothing of what is inside`];
  });
}

/** Remarks that something is not done, without the number of the issue that says what. */
export function checkToDos(tree: Tree): Finding[] {
  return findLines(
    tree,
    /\b(TO[D]O|FIX[M]E|X[X]X)\b(?!\(#\d+\))/,
    (found) => `${found} without an issue, as in ${found}(#12)`,
  );
}

/** Hosts that packages come from, and absolute paths of one machine: neither is the same for everybody. */
export function checkMachine(tree: Tree): Finding[] {
  const hosts = [
    'registry.npmjs',
    'registry.yarnpkg',
    'pypi',
    'pythonhosted',
    'crates',
    'proxy.golang',
    'maven',
    'deb.debian',
  ];
  const host = new RegExp(`\\b(?:https?://)?(?:[\\w-]+\\.)*(?:${hosts.join('|')})[\\w.-]*\\.(?:org|com|io)\\b`);
  const findings = [
    ...findLines(tree, host, (found) => `${found}: packages come from where the machine's clients are set up to`),
    ...findLines(
      tree,
      /(?<![\w.~/}-])\/(work|root|home|Users)\/\w+/,
      (found) => `${found} is there on one machine only`,
    ),
  ];
  if (tree.files.includes('package-lock.json') && /"resolved": "\w+:\/\//.test(tree.read('package-lock.json')))
    findings.push('package-lock.json: names a registry: omit-lockfile-registry-resolved is set in .npmrc for that');
  return findings;
}

/** Files that nobody would miss. */
export function checkDeadFiles(tree: Tree): Finding[] {
  const findings: Finding[] = [];
  const known = new Set(tree.files);
  // What is not reached by an import has to be spoken of by its name somewhere.
  const named = /\.(sh|png|jpe?g|svg|webp|gif|gz|css|sql|cql|html|mp4)$|^docs\/.*\.md$/;
  const texts = new Map(
    tree.files.filter((path) => isWritten(path) || path === 'package-lock.json').map((path) => [path, tree.read(path)]),
  );
  for (const path of tree.files) {
    if (/\.(orig|rej|bak|swp|tmp|log)$|~$|(^|\/)\.DS_Store$/.test(path)) findings.push(`${path}: is a leftover`);
    else if (/\/src\/.*\.(js|js\.map|d\.ts)$/.test(path) && known.has(path.replace(/\.(js|js\.map|d\.ts)$/, '.ts')))
      findings.push(`${path}: is compiled, and lies among the sources`);
    else if (texts.get(path)?.trim() === '') findings.push(`${path}: is empty`);
    else if (named.test(path)) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (![...texts].some(([other, text]) => other !== path && text.includes(name)))
        findings.push(`${path}: nothing speaks of it`);
    }
  }
  return findings;
}

/** Lines at which a file is too long to be one thing. A warning: whoever reads it decides. */
export const LINES_MAX = 500;

export function longFiles(tree: Tree): Finding[] {
  return tree.files
    .filter((path) => /\.(ts|tsx|js|cjs|sh|proto)$/.test(path))
    .map((path) => ({ path, lines: tree.read(path).split('\n').length - 1 }))
    .filter(({ lines }) => lines > LINES_MAX)
    .map(({ path, lines }) => `${path}: has ${lines} lines; is it still one thing?`);
}
