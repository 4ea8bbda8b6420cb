/** The path of a message under every fault that the simulator knows: more seeds with CLATTER_SIM_SEEDS, other ones with `make sim SEED=…`. */
import { describe, expect, it } from 'vitest';
import { replaceInstances } from './planted-logs.ts';
import { run } from './run.ts';
import { shrink } from './shrink.ts';

const SEEDS = Number(process.env.CLATTER_SIM_SEEDS ?? 2000);
/** Seeds of one test. */
const PART = 250;
const STEPS = 3000;
const TRACE_LINES = 120;

/** What a failure says: how to see it again, and the end of the smallest run that shows it. */
async function broken(seed: number, result: Awaited<ReturnType<typeof run>>): Promise<string> {
  const { options, result: smallest } = await shrink({ seed, steps: STEPS }, result);
  const { invariant, text } = smallest.violation ?? { invariant: 0, text: '' };
  return [
    ...smallest.trace.slice(-TRACE_LINES),
    `invariant ${invariant}: ${text}`,
    `replay: make sim SEED=${seed} STEPS=${STEPS}`,
    `and its smallest: make sim SEED=${seed} STEPS=${options.steps} SCENARIO='${JSON.stringify(options.scenario ?? {})}'`,
  ].join('\n');
}

describe('simulator', () => {
  for (let first = 1; first <= SEEDS; first += PART)
    it(`finds no broken promise in seeds ${first} to ${first + PART - 1}`, { timeout: PART * 1000 }, async () => {
      let events = 0;
      for (let seed = first; seed < first + PART; seed++) {
        const result = await run({ seed, steps: STEPS });
        events += result.events;
        if (result.violation) expect.fail(await broken(seed, result));
      }
      // A simulator in which nothing happens finds nothing.
      expect(events).toBeGreaterThan(PART * 5);
    });

  it('does the same again from the same seed, and something else from another', async () => {
    const one = await run({ seed: 7, steps: STEPS });
    const again = await run({ seed: 7, steps: STEPS });
    const other = await run({ seed: 8, steps: STEPS });
    expect(again).toEqual(one);
    expect(other.fingerprint).not.toBe(one.fingerprint);
  });

  const calm = { faultGapMs: 0, flakyLog: 0, flakyStore: 0, flakyPresence: 0, partitions: 1, commands: 20, gapMs: 60 };

  it('sees a partition halt when the log was made anew (rule 17)', async () => {
    const { violation } = await run({
      seed: 3,
      steps: STEPS,
      scenario: calm,
      meddle: (world) => {
        world.log.logId = 'another';
        replaceInstances(world);
      },
    });
    expect(violation?.text).toContain('the store was built from log');
  });

  it('sees a partition halt when the log lost its end (rule 17)', async () => {
    const { violation } = await run({
      seed: 3,
      steps: STEPS,
      scenario: calm,
      meddle: (world) => {
        // Nothing may be appended before an owner looks.
        for (const client of world.clients) client.goOffline();
        for (const partition of world.commands) partition.truncate(partition.records.length - 1);
        replaceInstances(world);
      },
    });
    expect(violation?.text).toContain('records of it were applied');
  });
});
