/**
 * What every adapter of the EventLog port passes: the promises of event-log.ts, one test or more for each. An adapter's test gives a
 * function that opens a log of its own for each test.
 */
import { describe } from 'vitest';
import { failingContract } from './contract/failing.ts';
import { readingContract } from './contract/reading.ts';
import { recordsContract } from './contract/records.ts';
import { type LogUnderTest, type OpenLog, Subject } from './contract/subject.ts';

export type { LogUnderTest, OpenLog };

export function eventLogContract(name: string, open: OpenLog): void {
  describe(`EventLog contract: ${name}`, () => {
    const subject = new Subject(open);
    recordsContract(subject);
    readingContract(subject);
    failingContract(subject);
  });
}
