/** Writes the table of settings in README.md from the schemas that read them. `--check` says whether it is fresh instead. */
import { readFileSync, writeFileSync } from 'node:fs';
import { settingsSchema } from '@clatter/standalone';

const file = 'README.md';
const HEAD = '| setting | default | what it is |\n|---|---|---|\n';

const rows = Object.entries(settingsSchema.shape).map(([name, schema]) => {
  const fallback = schema.safeParse(undefined).data;
  const shown = fallback === undefined || fallback === '' ? '–' : `\`${fallback}\``;
  return `| \`${name}\` | ${shown} | ${schema.description ?? ''} |\n`;
});

const text = readFileSync(file, 'utf8');
const start = text.indexOf(HEAD) + HEAD.length;
if (start < HEAD.length) throw new Error(`${file} has no table of settings`);
const end = text.indexOf('\n\n', start - 1) + 1;
const fresh = text.slice(0, start) + rows.join('') + text.slice(Math.max(start, end));

if (!process.argv.includes('--check')) writeFileSync(file, fresh);
else if (fresh !== text) {
  console.error(`${file}: the table of settings is not what the schemas say: run make docs`);
  process.exitCode = 1;
}
