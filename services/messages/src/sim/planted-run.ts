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
  const { replace } = bug;
  let problem = replace ? `${replace.file} was not loaded` : '';
  if (replace)
    registerHooks({
      load(url, context, next) {
        const loaded = next(url, context);
        if (!url.endsWith(`/dist/${replace.file}`)) return loaded;
        const parts = String(loaded.source).split(replace.text);
        problem =
          parts.length === 2 ? '' : `${replace.file} holds "${replace.text}" ${parts.length - 1} times, not once`;
        return { ...loaded, source: parts.join(replace.by) };
      },
    });
  // Loaded only now, so that the replacement is in it.
  const [{ run }, { allRules }] = await Promise.all([import('./run.ts'), import('./rules.ts')]);
  if (problem) return { problem };
  for (const seed of [bug.seed, ...Array.from({ length: seeds }, (_, index) => index + 1)]) {
    const rules = allRules(bug.but);
    const { violation } = await run({ seed, steps: bug.steps ?? steps, rules, scenario: bug.scenario });
    if (violation) return { seed, violation };
  }
  return {};
}

parentPort?.postMessage(await search());
