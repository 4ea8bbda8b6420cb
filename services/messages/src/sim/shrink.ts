/** Makes a run that shows a violation smaller: less trouble, fewer people, fewer commands, as long as the same invariant is broken. */
import { type RunOptions, type RunResult, run } from './run.ts';
import { type FaultKind, faultKinds, type Scenario, scenarioOf } from './scenario.ts';

/** How many runs the search may cost. */
const RUNS_MAX = 120;

export interface Shrunk {
  readonly options: RunOptions;
  readonly result: RunResult;
}

export async function shrink(options: RunOptions, result: RunResult): Promise<Shrunk> {
  const invariant = result.violation?.invariant;
  let best: Shrunk = { options, result };
  let runs = 0;
  for (let progress = true; progress && runs < RUNS_MAX; ) {
    progress = false;
    for (const change of changes({ ...scenarioOf(options.seed), ...best.options.scenario })) {
      if (runs++ >= RUNS_MAX) break;
      const tried = { ...best.options, scenario: { ...best.options.scenario, ...change } };
      const outcome = await run(tried);
      // Less trouble may take longer to show it: twice as long is still a simpler run.
      if (outcome.violation?.invariant !== invariant || outcome.steps > best.result.steps * 2) continue;
      best = { options: tried, result: outcome };
      progress = true;
    }
  }
  // Mending earlier leaves out what came after.
  const steps = Math.max(50, best.result.violation?.step ?? 0);
  if (steps >= best.options.steps) return best;
  const cut = { ...best.options, steps };
  const outcome = await run(cut);
  return outcome.violation?.invariant === invariant ? { options: cut, result: outcome } : best;
}

/** What could be left out of a scenario, the largest first. */
function changes(scenario: Scenario): Partial<Scenario>[] {
  const found: Partial<Scenario>[] = [];
  const to = <K extends keyof Scenario>(key: K, value: Scenario[K]): void => {
    if (scenario[key] !== value) found.push({ [key]: value } as Partial<Scenario>);
  };
  const active = faultKinds.filter((kind) => scenario.faults[kind] > 0);
  if (active.length > 0) to('faultGapMs', 0);
  for (const kind of active) found.push({ faults: { ...scenario.faults, [kind as FaultKind]: 0 } });
  to('flakyLog', 0);
  to('flakyStore', 0);
  to('flakyPresence', 0);
  to('commands', Math.ceil(scenario.commands / 2));
  to('commands', scenario.commands - 1);
  for (const key of ['longGap', 'leaves', 'unmarked', 'zombieCommits', 'skewMsMax', 'abruptMove', 'burst'] as const)
    to(key, 0);
  for (const key of ['conversations', 'partitions', 'instances', 'gateways', 'devicesMax', 'batchRecordsMax'] as const)
    to(key, 1);
  to('people', 2);
  return found.filter((change) => change.commands === undefined || change.commands >= 1);
}
