/** A worker that plants one bug and looks for a seed that shows it. */
import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { planted } from './planted.ts';
import type { RunResult } from './run.ts';

/** What the worker is given. */
export interface Search {
  readonly name: string;
  readonly seeds: number;
  readonly steps: number;
}

/** What it found: the first seed with a violation. */
export interface Found {
  readonly seed?: number;
  readonly violation?: RunResult['violation'];
  /** Why the bug could not be planted. */
  readonly problem?: string;
}

const { name, seeds, steps } = workerData as Search;

async function search(): Promise<Found> {
  const bug = planted.find((other) => other.name === name);
  if (!bug) return { problem: `there is no planted bug "${name}"` };
  const replacements = bug.replace === undefined ? [] : [bug.replace].flat();
  const problems = new Map(replacements.map((item) => [item, `${item.file} was not loaded`]));
  if (replacements.length > 0)
    registerHooks({
      load(url, context, next) {
        const loaded = next(url, context);
        let { source } = loaded;
        for (const item of replacements.filter(({ file }) => url.endsWith(`/dist/${file}`))) {
          const parts = String(source).split(item.text);
          if (parts.length === 2) problems.delete(item);
          else problems.set(item, `${item.file} holds "${item.text}" ${parts.length - 1} times, not once`);
          source = parts.join(item.by);
        }
        return { ...loaded, source };
      },
    });
  // Loaded only now, so that the replacement is in it.
  const [{ run }, { allRules }] = await Promise.all([import('./run.ts'), import('./rules.ts')]);
  const [problem] = problems.values();
  if (problem) return { problem };
  for (const seed of [bug.seed, ...Array.from({ length: seeds }, (_, index) => index + 1)]) {
    const rules = allRules(bug.but);
    const { meddle } = bug;
    const { violation } = await run({
      seed,
      steps: bug.steps ?? steps,
      rules,
      scenario: bug.scenario,
      ...(meddle && { meddle: meddle.with }),
    });
    // Where it halts all the same, the bug did no harm.
    if (violation && !(meddle && violation.text.includes(meddle.halts))) return { seed, violation };
  }
  return {};
}

parentPort?.postMessage(await search());
