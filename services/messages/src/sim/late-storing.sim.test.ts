import { describe, expect, it } from 'vitest';
import type { MessageStore } from '../ports.ts';
import { allRules } from './rules.ts';
import { type RunResult, run } from './run.ts';
import { faultKinds, type Scenario } from './scenario.ts';

const MINUTE_MS = 60_000;
const SEEDS_MAX = 200;

/** The store refuses writes for up to 40 minutes, people come and go meanwhile, and devices do not tell what they hold. */
const outage: Partial<Scenario> = {
  instances: 2,
  people: 3,
  conversations: 3,
  devicesMax: 2,
  commands: 60,
  gapMs: 20_000,
  burst: 0.3,
  longGap: 0,
  faultGapMs: MINUTE_MS,
  faults: {
    ...(Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Scenario['faults']),
    writesAway: 3,
    offline: 4,
    disconnect: 2,
    crash: 1,
    pause: 1,
  },
  awayMsMax: 40 * MINUTE_MS,
  offlineMsMax: 40 * MINUTE_MS,
  pauseMsMax: 20 * MINUTE_MS,
  pauseExpires: 0.5,
  skewMsMax: MINUTE_MS,
  flaky: 0,
  untold: 1,
};

const look = (seed: number, wrapStore = (store: MessageStore): MessageStore => store): Promise<RunResult> =>
  run({ seed, steps: 20_000, scenario: outage, rules: { ...allRules(), wrapStore } });

describe('an event that is stored long after its append', () => {
  it('comes with the next sync of a device that was away', async () => {
    for (let seed = 1; seed <= 30; seed++) expect((await look(seed)).violation, `seed ${seed}`).toBeUndefined();
  });

  it('would be missed, was it looked for by the log’s time alone', async () => {
    const blind = (store: MessageStore): MessageStore => ({ ...store, readInboxStored: async () => [] });
    let found: RunResult['violation'];
    for (let seed = 1; seed <= SEEDS_MAX && !found; seed++) found = (await look(seed, blind)).violation;
    expect(found?.invariant).toBe(20);
  });
});
