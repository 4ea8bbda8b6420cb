/** Whether the documents say what the code does. Each check is pure, on a Tree. */
import { dirname, join } from 'node:path/posix';
import { type Finding, isWritten, type Tree } from './tidy-tree.ts';

const isMarkdown = (path: string): boolean => path.endsWith('.md');

/** The rows of the first table below a heading of a Markdown text, without its head; undefined where there is no such table. */
function tableUnder(
  markdown: string,
  heading: string,
): { readonly line: number; readonly cells: readonly string[] }[] | undefined {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '').trim() === heading);
  if (start < 0) return undefined;
  const rest = lines.slice(start + 1);
  const first = rest.findIndex((line) => line.startsWith('|'));
  if (first < 0 || rest.slice(0, first).some((line) => /^#+ /.test(line))) return undefined;
  const end = rest.findIndex((line, i) => i > first && !line.startsWith('|'));
  return rest.slice(first + 2, end < 0 ? undefined : end).map((line, i) => ({
    line: start + 1 + first + 2 + i + 1,
    cells: line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  }));
}

/** Relative links of the documents lead somewhere. */
export function checkLinks(tree: Tree): Finding[] {
  const known = new Set(tree.files.flatMap((path) => [path, ...parents(path)]));
  return tree.files.filter(isMarkdown).flatMap((path) =>
    linesOf(tree.read(path)).flatMap(({ text, number, code }) =>
      (code ? [] : [...text.matchAll(/\]\(([^)\s]+)\)/g)])
        .map(([, target]) => target as string)
        .filter((target) => !/^([a-z]+:|#)/.test(target))
        .filter((target) => !known.has(join(dirname(path), target.replace(/#.*$/, '')).replace(/\/$/, '')))
        .map((target) => `${path}:${number}: there is no ${target}`),
    ),
  );
}

/** Each target of make that a document, a comment or a message names is in the Makefile. */
export function checkCommands(tree: Tree): Finding[] {
  const targets = new Set([...tree.read('Makefile').matchAll(/^([a-z][\w-]*):/gm)].map(([, name]) => name));
  return tree.files
    .filter((path) => isWritten(path) && path !== 'Makefile' && !/\.test\.ts$/.test(path))
    .flatMap((path) =>
      linesOf(tree.read(path)).flatMap(({ text, number, code }) => {
        const inCode = code && isMarkdown(path) ? [...text.matchAll(/(?:^|[;&|(] *|\$ )make ([a-z][\w-]*)/g)] : [];
        return [...inCode, ...text.matchAll(/`make ([a-z][\w-]*)/g)]
          .filter(([, name]) => !targets.has(name))
          .map(([, name]) => `${path}:${number}: there is no make ${name}`);
      }),
    );
}

export const PATH_HEADING = 'The path of a message';
/** A table with fewer hops is no path of a message. */
const HOPS_MIN = 10;

/**
 * The hops of a message are where ARCHITECTURE.md says: the file of a hop `Owner.name` speaks of the owner and defines the name, and no
 * other file declares that owner and defines that name.
 */
export function checkHops(tree: Tree): Finding[] {
  const doc = 'ARCHITECTURE.md';
  const rows = tree.files.includes(doc) ? tableUnder(tree.read(doc), PATH_HEADING) : undefined;
  if (rows === undefined) return [`${doc}: want a table | hop | file | under the heading "${PATH_HEADING}"`];
  const findings: Finding[] = [];
  if (rows.length < HOPS_MIN) findings.push(`${doc}: want at least ${HOPS_MIN} hops, got ${rows.length}`);
  const sources = tree.files.filter((path) => /\/src\/.*\.ts$/.test(path) && !/\.test\.ts$|\/sim\//.test(path));
  for (const { line, cells } of rows) {
    const [hop, file] = cells.map((cell) => cell.replace(/^\[?`?([^`\]]*)`?\]?(\(.*\))?$/, '$1')) as [string, string];
    const name = hop.slice(hop.lastIndexOf('.') + 1);
    const owner = hop.slice(0, -name.length - 1);
    const at = `${doc}:${line}: ${hop}`;
    if (!tree.files.includes(file)) findings.push(`${at}: there is no ${file}`);
    else if (!defines(tree.read(file), name)) findings.push(`${at}: ${file} does not define ${name}`);
    else if (owner && !new RegExp(`\\b${owner}\\b`).test(tree.read(file)))
      findings.push(`${at}: ${file} does not speak of ${owner}`);
    for (const other of sources) {
      const text = tree.read(other);
      if (other !== file && (owner ? declares(text, owner) && defines(text, name) : definesFunction(text, name)))
        findings.push(`${at}: ${other} defines it too`);
    }
  }
  return findings;
}

/** Whether a source declares this class or interface. */
function declares(source: string, owner: string): boolean {
  return new RegExp(`\\b(class|interface) ${owner}\\b`).test(source);
}

function definesFunction(source: string, name: string): boolean {
  return new RegExp(`^(export )?((async )?function\\*? ${name}\\b|const ${name} =)`, 'm').test(source);
}

/** Whether a source defines a function, a method, private or not, or a property that is one, of this name. */
function defines(source: string, name: string): boolean {
  const method = `^\\s+(readonly |static |async |get )*#?${name}(<[^(]*>)?\\([^;]*(\\{|\\):)`;
  const property = `^\\s+(readonly )?#?${name}(: .*|\\s)= (async )?\\(`;
  return definesFunction(source, name) || new RegExp(`${method}|${property}`, 'm').test(source);
}

/**
 * No document names a setting that the platform does not have, and each that a config.ts declares is read. (That README's table has all of
 * them, with their defaults, settings-doc.ts sees to.)
 *
 * @param settings the names of the settings that are read
 */
export function checkSettings(tree: Tree, settings: ReadonlySet<string>): Finding[] {
  return tree.files.flatMap((path) => {
    const isConfig = /\/src\/config\.ts$/.test(path);
    if (!isConfig && !isMarkdown(path)) return [];
    const pattern = isConfig ? /^ {2}(CLATTER_\w+):/g : /\b(CLATTER_[A-Z][A-Z0-9_]*[A-Z0-9])\b/g;
    return linesOf(tree.read(path)).flatMap(({ text, number }) =>
      [...text.matchAll(pattern)]
        .filter(([, name]) => !settings.has(name as string))
        .map(([, name]) => `${path}:${number}: ${isConfig ? `nothing reads ${name}` : `there is no setting ${name}`}`),
    );
  });
}

/** The lines of a text; `code` inside a fenced block. */
function linesOf(text: string): { readonly text: string; readonly number: number; readonly code: boolean }[] {
  let code = false;
  return text.split('\n').map((line, i) => {
    const fence = /^\s*```/.test(line);
    if (fence) code = !code;
    return { text: line, number: i + 1, code: code && !fence };
  });
}

function parents(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}
