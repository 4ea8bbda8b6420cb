/**
 * What every adapter of the MessageStore port passes: the promises of ports.ts, one test or more for each. All tests of an adapter share
 * one store; ids are random, so nothing is ever cleaned.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import { leavingContract } from './contract/leaving.ts';
import { logContract } from './contract/log.ts';
import { ownContract } from './contract/own.ts';
import { projectionsContract } from './contract/projections.ts';
import type { OpenStore, StoreUnderTest } from './contract/rows.ts';
import { timersContract } from './contract/timers.ts';

export type { OpenStore };

export function messageStoreContract(name: string, open: OpenStore): void {
  describe(`MessageStore contract: ${name}`, () => {
    let subject: StoreUnderTest;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject.end());
    logContract(() => subject);
    leavingContract(() => subject);
    projectionsContract(() => subject);
    timersContract(() => subject);
    ownContract(() => subject);
  });
}
