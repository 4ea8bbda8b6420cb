/** What a fault run says in the end: what was done, to how much, and what came of it. */
import { describeViolations } from '../history/report.ts';
import { type ViolationKind, violationKinds } from '../history/violations.ts';
import type { FaultRunResult } from './fault-run.ts';

const grouped = (value: number): string => Math.round(value).toLocaleString('en');

const columns: readonly (readonly [string, (result: FaultRunResult) => string])[] = [
  ['faults', ({ disturbances }) => grouped(disturbances.length)],
  ['minutes', ({ seconds }) => (seconds / 60).toFixed(1)],
  ['commands', ({ checker }) => grouped(checker.size.commands)],
  ['sent again', ({ traffic }) => grouped(traffic.repeats)],
  ['deliveries', ({ checker }) => grouped(checker.size.deliveries)],
  ['connections', ({ traffic }) => grouped(traffic.connections)],
  ['longest wait', ({ acked }) => (acked.count === 0 ? 'none' : `${(acked.max / 1000).toFixed(1)} s`)],
  ['violations', ({ checker }) => grouped(checker.findings.total)],
];

/** A line for each scenario, and one for all. */
export function describeScenarios(results: readonly FaultRunResult[]): string[] {
  const width = Math.max(8, ...results.map(({ scenario }) => scenario.length)) + 2;
  const cell = (text: string, name: string): string => text.padStart(Math.max(name.length, 9) + 2);
  return [
    `${'scenario'.padEnd(width)}${columns.map(([name]) => cell(name, name)).join('')}`,
    ...results.map(
      (result) => `${result.scenario.padEnd(width)}${columns.map(([name, of]) => cell(of(result), name)).join('')}`,
    ),
  ];
}

/** A line for each kind of violation, over all scenarios: how much was looked at, and what was found. */
export function describeKinds(results: readonly FaultRunResult[]): string[] {
  const sum = (of: (result: FaultRunResult) => number): string =>
    grouped(results.reduce((total, result) => total + of(result), 0)).padStart(12);
  return [
    `${'violation'.padEnd(14)}${'looked at'.padStart(12)}${'found'.padStart(12)}  meaning`,
    ...(Object.keys(violationKinds) as ViolationKind[]).map((kind) => {
      const looked = sum(({ checker }) => checker.findings.lookedAt(kind));
      const found = sum(({ checker }) => checker.findings.found(kind));
      return `${kind.padEnd(14)}${looked}${found}  ${violationKinds[kind]}`;
    }),
  ];
}

/** All of it; the last line is the verdict. */
export function describeFaultRuns(results: readonly FaultRunResult[], seed: number): string[] {
  const total = (of: (result: FaultRunResult) => number): number =>
    results.reduce((sum, result) => sum + of(result), 0);
  const violations = total(({ checker }) => checker.findings.total);
  const faults = total(({ disturbances }) => disturbances.length);
  const commands = total(({ checker }) => checker.size.commands);
  return [
    '',
    ...describeScenarios(results),
    '',
    ...describeKinds(results),
    ...results.flatMap(({ scenario, checker }) =>
      checker.findings.total > 0 ? ['', `${scenario}:`, ...describeViolations(checker)] : [],
    ),
    '',
    `${violations === 0 ? 'kept' : 'BROKEN'}: ${grouped(faults)} faults, ${grouped(commands)} commands, ${grouped(violations)} violations (seed ${seed})`,
  ];
}
