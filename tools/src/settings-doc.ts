/** Writes the tables of settings in README.md from the schemas that read them. `--check` says whether they are fresh instead. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { z } from 'zod';
import { processes, standalone } from './settings.ts';

const file = 'README.md';
const HEAD = '| setting | default | what it is |\n|---|---|---|\n';
const PROCESS_HEAD = '| setting | of | default | what it is |\n|---|---|---|---|\n';

type Shape = Readonly<Record<string, z.ZodType>>;

function shownDefault(schema: z.ZodType): string {
  const fallback = schema.safeParse(undefined).data;
  return fallback === undefined || fallback === '' ? '–' : `\`${fallback}\``;
}

const rows = Object.entries(standalone as Shape).map(
  ([name, schema]) => `| \`${name}\` | ${shownDefault(schema)} | ${schema.description ?? ''} |\n`,
);

/** What processes have beside those, or with another default. */
function processRows(): string[] {
  const services = Object.keys(processes) as (keyof typeof processes)[];
  const names = new Set(services.flatMap((service) => Object.keys(processes[service])));
  return [...names].flatMap((name) => {
    const having = services.filter((service) => name in processes[service]);
    const schemaOf = (service: keyof typeof processes) => (processes[service] as Shape)[name] as z.ZodType;
    const defaults = [...new Set(having.map((service) => shownDefault(schemaOf(service))))];
    const known = (standalone as Shape)[name];
    if (known && defaults.length === 1 && defaults[0] === shownDefault(known)) return [];
    const of = having.length === services.length ? 'all' : having.join(', ');
    return [
      `| \`${name}\` | ${of} | ${defaults.join(', ')} | ${schemaOf(having[0] as 'gateway').description ?? ''} |\n`,
    ];
  });
}

function withTable(text: string, head: string, body: readonly string[]): string {
  const start = text.indexOf(head) + head.length;
  if (start < head.length) throw new Error(`${file} has no table that begins with ${head}`);
  const end = text.indexOf('\n\n', start - 1) + 1;
  return text.slice(0, start) + body.join('') + text.slice(Math.max(start, end));
}

const text = readFileSync(file, 'utf8');
const fresh = withTable(withTable(text, HEAD, rows), PROCESS_HEAD, processRows());

if (!process.argv.includes('--check')) writeFileSync(file, fresh);
else if (fresh !== text) {
  console.error(`${file}: the tables of settings are not what the schemas say: run make docs`);
  process.exitCode = 1;
}
