import { describe, expect, it } from 'vitest';
import { checkCommands, checkHops, checkLinks, checkSettings, PATH_HEADING } from './tidy-docs.ts';
import { treeOf } from './tidy-sample.ts';

describe('checkLinks', () => {
  const tree = (text: string) =>
    treeOf({ 'docs/a.md': text, 'docs/b.md': '', 'packages/wire/src/x.ts': '', 'README.md': '' });

  it('follows files, folders and headings', () => {
    const text =
      '[b](b.md#top) [c](../packages/wire/) [d](../README.md) [e](https://x.example/y) [f](#here)\n```\n[g](no.md)\n```';
    expect(checkLinks(tree(text))).toEqual([]);
  });

  it('finds a link that leads nowhere', () => {
    expect(checkLinks(tree('x\n![p](images/p.png) [c](c.md)'))).toEqual([
      'docs/a.md:2: there is no images/p.png',
      'docs/a.md:2: there is no c.md',
    ]);
  });
});

describe('checkCommands', () => {
  const tree = (files: Record<string, string>) => treeOf({ Makefile: 'run: build ## Run\n\t@x\nbuild:\n', ...files });

  it('finds a target that the Makefile lacks, in code and in running text', () => {
    const text = 'Use `make go`.\n```sh\nmake run && make stop\n$ make halt\n```\nThey make sense.';
    expect(checkCommands(tree({ 'README.md': text, 'src/a.ts': '// see `make away`' }))).toEqual([
      'README.md:1: there is no make go',
      'README.md:3: there is no make stop',
      'README.md:4: there is no make halt',
      'src/a.ts:1: there is no make away',
    ]);
  });

  it('knows those that it has', () => {
    expect(checkCommands(tree({ 'README.md': '`make run`\n```\nmake build # first\nmake run SEED=1\n```' }))).toEqual(
      [],
    );
  });
});

describe('checkHops', () => {
  const file = 'services/messages/src/projector.ts';
  const hop = (source: string, cell = '`Projector.onBatch`', others: Record<string, string> = {}) => {
    const rows = Array.from({ length: 9 }, () => '| `main` | services/messages/src/main.ts |').join('\n');
    return checkHops(
      treeOf({
        'ARCHITECTURE.md': `# X\n\n## ${PATH_HEADING}\n\n| hop | file |\n|---|---|\n${rows}\n| ${cell} | ${file} |\n\n| other | table |\n`,
        'services/messages/src/main.ts': 'export function main(): void {}',
        [file]: source,
        ...others,
      }),
    );
  };

  it.each([
    'export class Projector {\n  async onBatch(records: X[]): Promise<void> {\n  }\n}',
    'export class Projector {\n  #onBatch({ a }: X): void {\n  }\n}',
    'export interface Projector {\n  onBatch(records: X): Promise<void>;\n}',
    'export class Projector {\n  async onBatch(\n    records: X,\n  ): void {}\n}',
    'export function create(): Projector {\n  return {\n    async onBatch({ ids = [] }) {\n    },\n  };\n}',
  ])('finds a hop where it is defined: %s', (source) => {
    expect(hop(source)).toEqual([]);
  });

  it('finds a function of its own', () => {
    expect(hop('export function decide(state: X): Y {', '`decide`')).toEqual([]);
    expect(hop('const y = decide(state);', '`decide`')).toHaveLength(1);
  });

  it('finds that a hop is gone', () => {
    expect(
      hop(
        'export class Projector {\n  async take(records: X): Promise<void> {\n    this.next.onBatch(records);\n  }\n}',
      ),
    ).toEqual([`ARCHITECTURE.md:16: Projector.onBatch: ${file} does not define onBatch`]);
  });

  it('finds that its owner has another name', () => {
    expect(hop('export class Reader {\n  onBatch(records: X): void {\n  }\n}')[0]).toContain(
      'does not speak of Projector',
    );
  });

  it('finds a second place', () => {
    const source = 'export class Projector {\n  onBatch(records: X): void {\n  }\n}';
    const second = 'services/auth/src/second.ts';
    expect(hop(source, undefined, { [second]: source })).toEqual([
      `ARCHITECTURE.md:16: Projector.onBatch: ${second} defines it too`,
    ]);
    expect(hop(source, undefined, { [second]: source.replace('Projector', 'Other') })).toEqual([]);
  });

  it('wants the table, and the files of it', () => {
    expect(checkHops(treeOf('README.md'))).toHaveLength(1);
    expect(
      checkHops(treeOf({ 'ARCHITECTURE.md': `## ${PATH_HEADING}\n\nText.\n\n## Next\n\n| a | b |\n|---|---|\n` })),
    ).toHaveLength(1);
    const gone = `## ${PATH_HEADING}\n\n| hop | file |\n|---|---|\n| \`main\` | src/main.ts |\n`;
    expect(checkHops(treeOf({ 'ARCHITECTURE.md': gone }))).toEqual([
      'ARCHITECTURE.md: want at least 10 hops, got 1',
      'ARCHITECTURE.md:5: main: there is no src/main.ts',
    ]);
  });
});

describe('checkSettings', () => {
  const settings = new Set(['CLATTER_HTTP_PORT', 'CLATTER_KEY']);

  it('finds a setting in a document that the platform does not have', () => {
    const files = {
      'README.md': '| `CLATTER_KEY` | – |',
      'docs/a.md': 'CLATTER_HTTP_PORT and\n`CLATTER_HTTPS_PORT`=1, CLATTER_*',
    };
    expect(checkSettings(treeOf(files), settings)).toEqual(['docs/a.md:2: there is no setting CLATTER_HTTPS_PORT']);
  });

  it('finds a setting that is declared and not read', () => {
    const config = 'export const authConfig = z.object({\n  CLATTER_KEY: z.string(),\n  CLATTER_OLD: z.string(),\n});';
    expect(
      checkSettings(treeOf({ 'services/auth/src/config.ts': config, 'services/auth/src/a.ts': config }), settings),
    ).toEqual(['services/auth/src/config.ts:3: nothing reads CLATTER_OLD']);
  });
});
