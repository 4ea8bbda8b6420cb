/** Trouble in which each planted bug shows itself soon: a rule that is left out is found where what it is for happens often. */
import { faultKinds, type Scenario } from './scenario.ts';

export const only = (faults: Partial<Scenario['faults']>): Scenario['faults'] => ({
  ...(Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Scenario['faults']),
  ...faults,
});

/** Owners that die, stall and come back while replicas lag. */
export const takeovers: Partial<Scenario> = {
  groups: 0,
  timers: 0,
  faults: only({ crash: 3, pause: 2, rebalance: 3 }),
  faultGapMs: 400,
  gapMs: 60,
  burst: 0.5,
  instances: 3,
  conversations: 1,
  partitions: 1,
  batchRecordsMax: 8,
  abruptMove: 0.9,
  unawareMsMax: 10_000,
  pauseMsMax: 5000,
  flakyStore: 1,
  flakyLog: 0,
  flakyPresence: 0,
  skewMsMax: 0,
  commands: 50,
};

/** Takeovers of conversations that are older than the window of ids, and owners that do not know for long. */
export const old: Partial<Scenario> = {
  ...takeovers,
  faults: only({ rebalance: 4, disconnect: 2, crash: 1, logAges: 1 }),
  unawareMsMax: 60_000,
  flakyLog: 1,
};

/** Many edits and deletions, and commands that come twice. */
export const rewritten: Partial<Scenario> = {
  ...takeovers,
  faults: only({ rebalance: 3, disconnect: 3, crash: 1, logAges: 1 }),
  faultGapMs: 200,
  flakyLog: 1,
  flaky: 2,
  rewrites: 4,
};

/** Groups that change their settings and members, and edit much. */
export const groups: Partial<Scenario> = {
  ...takeovers,
  faults: only({ disconnect: 2, crash: 1, offline: 1 }),
  groups: 4,
  rewrites: 4,
  people: 4,
};

/** Takeovers while messages disappear, by clocks that are off. */
export const disappearing: Partial<Scenario> = {
  ...takeovers,
  timers: 4,
  gapMs: 400,
  faultGapMs: 3000,
  skewMsMax: 20_000,
};
/** A rolling update: owners of the release before die and are replaced one by one. */
export const updates: Partial<Scenario> = { ...takeovers, outdated: 2 };

/** Takeovers with buckets of two. */
export const buckets: Partial<Scenario> = { ...takeovers, bucketSeqs: 2 };

/** Ids that come again after many minutes, marked. */
export const late: Partial<Scenario> = {
  groups: 0,
  timers: 0,
  faults: only({ disconnect: 1, crash: 1 }),
  faultGapMs: 60_000,
  gapMs: 20_000,
  burst: 0.2,
  longGap: 0.05,
  leaves: 0.3,
  offlineMsMax: 60 * 60_000,
  people: 3,
  devicesMax: 2,
  conversations: 1,
  partitions: 1,
  unmarked: 0,
  flakyLog: 0,
  flakyStore: 0,
  flakyPresence: 0,
  skewMsMax: 0,
  bucketSeqs: 4,
  commands: 120,
};

/** Unmarked copies that lie for many minutes in gateways that stall, while their repeats go another way. */
export const stalled: Partial<Scenario> = {
  ...late,
  faults: only({ gatewayPause: 3 }),
  faultGapMs: 100_000,
  leaves: 0,
  longGap: 0,
  gateways: 3,
  pauseMsMax: 60 * 60_000,
};

/** Nobody dies; gateways, streams and the registry fail. */
export const deliveries: Partial<Scenario> = {
  groups: 0,
  faults: only({
    streamBreak: 3,
    registryFlush: 2,
    registryFailOver: 2,
    registryAway: 2,
    disconnect: 2,
    gatewayPause: 2,
    crash: 1,
  }),
  faultGapMs: 500,
  gapMs: 300,
  awayMsMax: 5000,
  pauseMsMax: 100_000,
  instances: 2,
  gateways: 2,
  people: 3,
  conversations: 1,
  queueBytesMax: 300,
  flakyStore: 0,
  flakyLog: 0,
  flakyPresence: 0.5,
};
