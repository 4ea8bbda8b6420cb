/** `SEED=n STEPS=n`: one run, with its trace where something is broken. `SEEDS=n`: as many runs from SEED on. Exit code 1 upon a violation. */
import { run } from './run.ts';

const number = (name: string, otherwise: number): number => {
  const value = process.env[name];
  if (value === undefined || value === '') return otherwise;
  if (!/^\d{1,9}$/.test(value)) {
    console.error(`${name}: want a whole number, got "${value}"`);
    process.exit(1);
  }
  return Number(value);
};

const first = number('SEED', 1);
const steps = number('STEPS', 3000);
const seeds = number('SEEDS', process.env.SEED ? 1 : 200);
const began = performance.now();
let events = 0;
let total = 0;
for (let seed = first; seed < first + seeds; seed++) {
  const result = await run({ seed, steps });
  events += result.events;
  total += result.steps;
  if (result.violation) {
    console.log(result.trace.join('\n'));
    console.log(
      `\nseed ${seed}: invariant ${result.violation.invariant} at step ${result.violation.step}: ${result.violation.text}`,
    );
    console.log(`replay: make sim SEED=${seed} STEPS=${steps}`);
    process.exit(1);
  }
  if (process.env.VERBOSE)
    console.log(
      `seed ${seed}: ${result.steps} steps, ${result.events} events, ${(result.virtualMs / 1000).toFixed(0)} s, ${result.fingerprint.toString(16)}`,
    );
}
console.log(
  `${seeds} seeds from ${first}: ${total} steps, ${events} events, no violation, ${((performance.now() - began) / 1000).toFixed(1)} s`,
);
