/** What vitest's JSON report says, in the numbers of the last line. */

/** The part of vitest's JSON report that is read here. */
export interface VitestReport {
  readonly success: boolean;
  readonly testResults: readonly {
    /** Absolute path of the file that ran. */
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

export interface TestCount {
  readonly passed: number;
  readonly failed: number;
  /** What failed beside single tests, a line each. */
  readonly reasons: readonly string[];
}

/**
 * Counts the tests, and one more failure for each thing that would otherwise be silent: a file that broke outside its tests, a file that
 * ran no test, a file of `expected` that did not run, and a run that failed for a reason of its own.
 *
 * @param report undefined where vitest left none
 * @param exitCode of vitest
 * @param expected absolute paths of the files with tests, as the report names them
 */
export function countTests(report: VitestReport | undefined, exitCode: number, expected: readonly string[]): TestCount {
  if (report === undefined)
    return { passed: 0, failed: 1, reasons: [`vitest ended with ${exitCode} and left no report`] };
  let passed = 0;
  let failed = 0;
  const reasons: string[] = [];
  for (const { name, status, assertionResults } of report.testResults) {
    const failedHere = assertionResults.filter((test) => test.status === 'failed').length;
    failed += failedHere;
    passed += assertionResults.filter((test) => test.status === 'passed').length;
    if (status === 'failed' && failedHere === 0) reasons.push(`${name}: failed outside its tests`);
    else if (assertionResults.length === 0) reasons.push(`${name}: has no test`);
  }
  const ran = new Set(report.testResults.map(({ name }) => name));
  for (const name of expected) if (!ran.has(name)) reasons.push(`${name}: did not run`);
  if ((exitCode !== 0 || !report.success) && failed + reasons.length === 0)
    reasons.push(`vitest ended with ${exitCode}, though no test failed`);
  return { passed, failed: failed + reasons.length, reasons };
}
