/** A simulator that finds nothing may be blind: each rule that is left out must be found, by a seed that shows nothing while it is kept. */
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { planted } from './planted.ts';
import type { Found, Search } from './planted-run.ts';
import { run } from './run.ts';

const SEEDS_MAX = 400;
const STEPS = 2500;

function search(name: string): Promise<Found> {
  const workerData: Search = { name, seeds: SEEDS_MAX, steps: STEPS };
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./planted-run.js', import.meta.url), { workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

it('are planted for each of the eighteen rules', () => {
  const rules = new Set(planted.map(({ rule }) => rule));
  expect(Array.from({ length: 18 }, (_, index) => String(index + 1)).filter((rule) => !rules.has(rule))).toEqual([]);
});

describe('planted bugs', () => {
  for (const { name, rule, scenario, steps = STEPS, meddle } of planted)
    it(`finds: ${name} (${rule})`, { timeout: 180_000 }, async () => {
      const { seed, violation, problem } = await search(name);
      expect(problem).toBeUndefined();
      expect(violation, `${SEEDS_MAX} seeds show nothing`).toBeDefined();
      const kept = await run({ seed: seed as number, steps, scenario, ...(meddle && { meddle: meddle.with }) });
      if (meddle) expect(kept.violation?.text).toContain(meddle.halts);
      else expect(kept.violation, `seed ${seed} shows it also without the planted bug`).toBeUndefined();
    });
});
