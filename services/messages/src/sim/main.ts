/**
 * `SEED=n STEPS=n`: one run. `SEEDS=n`: as many runs from SEED on. `SCENARIO={…}`: changes what the seed says of the scenario. Upon a
 * violation, the smallest run that still shows it is looked for and printed with its trace; exit code 1.
 */
import { run } from './run.ts';
import type { Scenario } from './scenario.ts';
import { shrink } from './shrink.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function number(name: string, otherwise: number): number {
  const value = process.env[name];
  if (value === undefined || value === '') return otherwise;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  say(`${name}: want a whole number, got "${value}"`);
  process.exit(1);
}

const first = number('SEED', 1);
const steps = number('STEPS', 3000);
const seeds = number('SEEDS', process.env.SEED ? 1 : 200);
const scenario = JSON.parse(process.env.SCENARIO || '{}') as Partial<Scenario>;
const began = performance.now();
let events = 0;
let total = 0;
for (let seed = first; seed < first + seeds; seed++) {
  const options = { seed, steps, scenario };
  const result = await run(options);
  events += result.events;
  total += result.steps;
  if (!result.violation) continue;
  say(
    `seed ${seed}: invariant ${result.violation.invariant} at step ${result.violation.step}: ${result.violation.text}`,
  );
  say('looking for a smaller run that shows it …');
  const smallest = await shrink(options, result);
  say(`\n${smallest.result.trace.join('\n')}`);
  const { invariant, step, text } = smallest.result.violation ?? result.violation;
  say(`\ninvariant ${invariant} at step ${step}: ${text}`);
  say(
    `replay: make sim SEED=${seed} STEPS=${smallest.options.steps} SCENARIO='${JSON.stringify(smallest.options.scenario)}'`,
  );
  process.exit(1);
}
const seconds = ((performance.now() - began) / 1000).toFixed(1);
say(`${seeds} seeds from ${first}: ${total} steps, ${events} events, no violation, ${seconds} s`);
