import { describe, expect, it } from 'vitest';
import { countTests } from './test-report.ts';

const file = (name: string, ...statuses: string[]) => ({
  name,
  status: statuses.includes('failed') ? 'failed' : 'passed',
  assertionResults: statuses.map((status) => ({ status })),
});

describe('countTests', () => {
  it('counts the tests', () => {
    const report = { success: false, testResults: [file('/a', 'passed', 'passed', 'failed'), file('/b', 'passed')] };
    expect(countTests(report, 1, ['/a', '/b'])).toEqual({ passed: 3, failed: 1, reasons: [] });
  });

  it('counts a crash without a report as a failure', () => {
    expect(countTests(undefined, 134, [])).toMatchObject({ passed: 0, failed: 1 });
  });

  it('counts a file that cannot be loaded', () => {
    const report = { success: false, testResults: [{ name: '/a', status: 'failed', assertionResults: [] }] };
    expect(countTests(report, 1, ['/a'])).toEqual({ passed: 0, failed: 1, reasons: ['/a: failed outside its tests'] });
  });

  it('counts a file that ran no test, and one that did not run', () => {
    const report = { success: true, testResults: [file('/a')] };
    expect(countTests(report, 0, ['/a', '/b']).reasons).toEqual(['/a: has no test', '/b: did not run']);
  });

  it('counts an error outside all tests once', () => {
    const report = { success: true, testResults: [file('/a', 'passed')] };
    expect(countTests(report, 1, ['/a'])).toMatchObject({ passed: 1, failed: 1 });
    expect(countTests({ ...report, success: false }, 0, ['/a'])).toMatchObject({ passed: 1, failed: 1 });
  });

  it('counts nothing twice', () => {
    const report = { success: false, testResults: [file('/a', 'failed')] };
    expect(countTests(report, 1, ['/a'])).toEqual({ passed: 0, failed: 1, reasons: [] });
  });
});
