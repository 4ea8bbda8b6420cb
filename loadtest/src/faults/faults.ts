/** `make faults`: one scenario after the other on one platform, and a report. */
import { RecordFile } from '../history/record-file.ts';
import { describeViolations } from '../history/report.ts';
import { describeFaultRuns } from './fault-report.ts';
import { type FaultRunResult, runFaults } from './fault-run.ts';
import { FaultPlatform } from './platform.ts';
import { type Scenario, scenariosOf } from './scenarios.ts';

export interface FaultArguments {
  readonly scenarios?: readonly string[];
  /** Of each scenario. */
  readonly minutes: number;
  /** Seconds. */
  readonly hold: number;
  readonly rate: number;
  readonly seed?: number;
  readonly record?: string;
  /** Of the log and of the messages. */
  readonly replicas: number;
}

export function listScenarios(replicas = 1): string[] {
  const scenarios = scenariosOf(replicas);
  const width = Math.max(...scenarios.map(({ name }) => name.length)) + 2;
  return scenarios.map(({ name, what }) => `${name.padEnd(width)}${what}`);
}

/** Those of these names, or all. */
export function chooseScenarios(names: readonly string[] | undefined, replicas = 1): readonly Scenario[] {
  const scenarios = scenariosOf(replicas);
  if (!names) return scenarios;
  return names.map((name) => {
    const scenario = scenarios.find((other) => other.name === name);
    if (!scenario)
      throw new Error(`--scenarios: want some of ${scenarios.map((other) => other.name).join(', ')}, got "${name}"`);
    return scenario;
  });
}

/** Resolves with whether the promise was kept. */
export async function faults(options: FaultArguments & { readonly print: (line: string) => void }): Promise<boolean> {
  const { minutes, hold, rate, record, print, seed = 1 + Math.floor(Math.random() * 1e6) } = options;
  const chosen = chooseScenarios(options.scenarios, options.replicas);
  print(
    `${chosen.length} scenarios of ${minutes} min, ${rate} commands a second, seed ${seed}. Starting servers and services …`,
  );
  const results: FaultRunResult[] = [];
  await using platform = await FaultPlatform.start(options.replicas);
  try {
    for (const [index, scenario] of chosen.entries()) {
      print(`\n${scenario.name}: ${scenario.what}`);
      const file = record === undefined ? undefined : new RecordFile(`${record}.${scenario.name}.jsonl`);
      const times = { forMs: minutes * 60_000, holdMsMax: hold * 1000 };
      const result = await runFaults(scenario, {
        platform,
        seed: seed + index,
        ...times,
        rate,
        print,
        ...(file && { record: file.take }),
      });
      file?.flush();
      results.push(result);
      const { size, findings } = result.checker;
      print(`  ${size.commands} commands, ${size.deliveries} deliveries, ${findings.total} violations`);
      for (const line of describeViolations(result.checker)) print(line);
    }
  } catch (error) {
    print(platform.logs);
    throw error;
  } finally {
    for (const line of describeFaultRuns(results, seed)) print(line);
  }
  return results.every(({ checker }) => checker.findings.total === 0);
}
