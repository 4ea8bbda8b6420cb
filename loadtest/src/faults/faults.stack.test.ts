/** The short form of `make faults`: each scenario once or a few times, on servers and services of its own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FaultRunResult, runFaults } from './fault-run.ts';
import { FaultPlatform } from './platform.ts';
import { scenarios } from './scenarios.ts';

const SEED = 1;
const TIMES = { forMs: 5000, holdMsMax: 9000 };
/** Commands a second: machines that run all tests are small. */
const RATE = 40;
/** A scenario in which next to nothing was done proves nothing. */
const COMMANDS_MIN = 100;

let platform: FaultPlatform;
beforeAll(async () => {
  platform = await FaultPlatform.start();
}, 300_000);
afterAll(() => platform?.[Symbol.asyncDispose](), 120_000);

describe('the promise is kept', () => {
  // All at once is for the long form.
  const short = scenarios.filter(({ name }) => name !== 'everything');
  it.each(short.map(({ name, what }) => [name, what] as const))(
    '%s: %s',
    async (name) => {
      const scenario = scenarios.find((other) => other.name === name);
      if (!scenario) throw new Error(`no scenario ${name}`);
      const done: string[] = [];
      let result: FaultRunResult;
      try {
        result = await runFaults(scenario, {
          platform,
          seed: SEED,
          ...TIMES,
          rate: RATE,
          print: (line) => done.push(line),
        });
        expect(result.checker.findings.first).toEqual([]);
      } catch (error) {
        console.error(done.join('\n'));
        console.error(platform.logs);
        throw error;
      }
      expect(result.disturbances.length).toBeGreaterThan(0);
      expect(result.checker.size.commands).toBeGreaterThan(COMMANDS_MIN);
      expect(result.checker.findings.lookedAt('missed')).toBeGreaterThan(result.checker.size.events);
    },
    400_000,
  );
});
