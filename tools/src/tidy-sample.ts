import type { Tree } from './tidy-tree.ts';

/** A tree of the given files, with the texts of those that have one. */
export function treeOf(...files: (string | Readonly<Record<string, string>>)[]): Tree {
  const texts = new Map<string, string>();
  for (const file of files)
    for (const [path, text] of typeof file === 'string' ? [[file, 'x'] as const] : Object.entries(file))
      texts.set(path, text);
  return {
    files: [...texts.keys()],
    read(path) {
      const text = texts.get(path);
      if (text === undefined) throw new Error(`there is no ${path}`);
      return text;
    },
  };
}
