/** The project as the tidy checks see it. */
export interface Tree {
  /** Paths of the tracked files, and of those that would be tracked, relative to the root, with slashes. */
  readonly files: readonly string[];
  /** The text of one of them. */
  read(path: string): string;
}

/** `packages/wire/src/codec.ts:12: what is wrong`. */
export type Finding = string;

/** Files that people write and read: code, configuration and documents, without data and what tools write. */
export function isWritten(path: string): boolean {
  if (path === 'package-lock.json' || /(^|\/)data\//.test(path)) return false;
  return /\.(ts|tsx|js|cjs|mjs|sh|proto|md|json|ya?ml|css|html|sql|cql|tpl)$|(^|\/)(Makefile|Dockerfile|run)$/.test(
    path,
  );
}

/** A finding for each line of the written files in which `pattern` is found. */
export function findLines(tree: Tree, pattern: RegExp, say: (found: string) => string): Finding[] {
  return tree.files.filter(isWritten).flatMap((path) =>
    tree
      .read(path)
      .split('\n')
      .flatMap((line, i) => {
        const found = pattern.exec(line)?.[0];
        return found === undefined ? [] : [`${path}:${i + 1}: ${say(found)}`];
      }),
  );
}
