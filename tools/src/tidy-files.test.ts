import { describe, expect, it } from 'vitest';
import { checkDeadFiles, checkMachine, checkNames, checkToDos, longFiles } from './tidy-files.ts';
import { treeOf } from './tidy-sample.ts';

// Put together, so that these words are not found in this file.
const toDo = ['TO', 'DO'].join('');
const fixMe = ['FIX', 'ME'].join('');
const at = (...parts: string[]): string => ['', ...parts].join('/');

describe('checkNames', () => {
  it('finds a folder, a file and a part of a name', () => {
    const files = ['src/utils/a.ts', 'src/helpers.ts', 'src/log-util.ts', 'packages/core/index.ts', 'src/dateUtils.ts'];
    expect(checkNames(treeOf(...files))).toHaveLength(files.length);
  });

  it('leaves names alone that only look like it', () => {
    expect(checkNames(treeOf('src/corey.ts', 'src/commonality.ts', 'src/score.ts'))).toEqual([]);
  });
});

describe('checkToDos', () => {
  it('finds a bare one, with its line', () => {
    expect(checkToDos(treeOf({ 'a.ts': `x\n// ${toDo}: later\n`, 'b.sh': `# ${fixMe}` }))).toEqual([
      `a.ts:2: ${toDo} without an issue, as in ${toDo}(#12)`,
      `b.sh:1: ${fixMe} without an issue, as in ${fixMe}(#12)`,
    ]);
  });

  it('allows one with its issue, other words, and data', () => {
    expect(checkToDos(treeOf({ 'a.ts': `// ${toDo}(#12): later, ${toDo}S`, 'loadtest/data/x.json': toDo }))).toEqual(
      [],
    );
  });
});

describe('checkMachine', () => {
  it('finds where packages come from', () => {
    const host = ['https://registry', 'npmjs', 'org/x'].join('.');
    expect(
      checkMachine(treeOf({ 'a.ts': `fetch('${host}')`, 'b.md': 'see files.pythonhosted' + '.org' })),
    ).toHaveLength(2);
    expect(checkMachine(treeOf({ 'package-lock.json': `"resolved": "${host}"` }))).toHaveLength(1);
  });

  it('finds a path of one machine', () => {
    const text = [at('home', 'me', 'x'), at('work', 'main'), at('Users', 'me'), at('root', 'x')]
      .map((path) => `cd ${path}`)
      .join('\n');
    expect(checkMachine(treeOf({ 'a.md': text }))).toHaveLength(4);
  });

  it('leaves alone what is there everywhere, and the addresses of pages', () => {
    const text = `/usr/bin/env\nhttps://example.com${at('home', 'me')}\n./work/x\n$HOME/work/x\n"resolved": "packages/wire"`;
    expect(checkMachine(treeOf({ 'a.md': text, 'package-lock.json': '"resolved": "packages/wire"' }))).toEqual([]);
  });
});

describe('checkDeadFiles', () => {
  it('finds leftovers, compiled and empty files', () => {
    const tree = treeOf({
      'a.orig': '',
      'b.ts~': '',
      'p/src/c.ts': 'x',
      'p/src/c.js': 'x',
      'p/src/c.d.ts': 'x',
      'p/src/d.ts': '\n',
    });
    expect(checkDeadFiles(tree).map((finding) => finding.split(':')[0])).toEqual([
      'a.orig',
      'b.ts~',
      'p/src/c.js',
      'p/src/c.d.ts',
      'p/src/d.ts',
    ]);
  });

  it('finds scripts, pictures and documents that nothing speaks of', () => {
    const tree = treeOf({
      'docs/a.md': 'x',
      'docs/b.md': '[c](c.md), itself b.md',
      'docs/c.md': 'x',
      'tools/run.sh': 'x',
      'tools/go.sh': 'tools/run.sh',
      'docs/images/p.png': 'x',
      Makefile: 'go.sh',
    });
    expect(checkDeadFiles(tree)).toEqual(
      ['docs/a.md', 'docs/b.md', 'docs/images/p.png'].map((path) => `${path}: nothing speaks of it`),
    );
  });
});

describe('longFiles', () => {
  it('counts lines', () => {
    expect(longFiles(treeOf({ 'a.ts': '\n'.repeat(500), 'b.ts': '\n'.repeat(501) }))).toEqual([
      'b.ts: has 501 lines; is it still one thing?',
    ]);
  });
});
